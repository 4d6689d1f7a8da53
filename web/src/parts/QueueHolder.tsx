import { useTexts } from '../i18n';
import { durationText, fullTimeText, unknownText } from '../model/format';
import type { QueueJob } from '../model/types';
import { useTicking } from '../state/clock';

/** Who holds the card through wemol-queue, and for how long. */
export function QueueHolder({ job }: { job: QueueJob }) {
  const texts = useTexts();
  const { since } = job;
  const span = useTicking((now) => (since === null ? unknownText : durationText(Math.max(0, (now - since) / 1000))));
  return (
    <p className="queue-holder">
      <span className="tag" title={texts.heldHint(job.queue ?? unknownText)}>
        {texts.held}
      </span>
      <bdi>{job.user ?? unknownText}</bdi>
      <span>{texts.jobNumber(job.job === null ? unknownText : String(job.job))}</span>
      <time title={texts.heldSince(fullTimeText(since))}>{span}</time>
    </p>
  );
}
