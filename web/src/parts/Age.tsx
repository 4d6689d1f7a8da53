import { ageText, useTexts } from '../i18n';
import { fullTimeText } from '../model/format';
import { useTicking } from '../state/clock';

export function Age({ time }: { time: number | null }) {
  const texts = useTexts();
  const text = useTicking((now) => ageText(texts, time, now));
  const dated = time !== null && !Number.isNaN(new Date(time).getTime());
  return (
    <time className="age" title={fullTimeText(time)} {...(dated ? { dateTime: new Date(time).toISOString() } : {})}>
      {text}
    </time>
  );
}
