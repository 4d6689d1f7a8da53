import { loadLevel, type Level } from '../model/levels';
import { percentText } from '../model/format';

/** A bar with its number. `hint` says more to those who point at it, or listen. */
export function Meter({ label, percent, hint, level = loadLevel(percent), text = percentText(percent) }: {
  label: string;
  percent: number | null;
  hint?: string;
  level?: Level;
  text?: string;
}) {
  const width = percent === null ? 0 : Math.max(0, Math.min(100, percent));
  const said = hint === undefined ? `${label} ${text}` : `${label} ${text}, ${hint}`;
  return (
    <div className="meter" role="img" aria-label={said} {...(hint === undefined ? {} : { 'data-tip': hint, tabIndex: 0 })}>
      <span className="meter-label">{label}</span>
      <span className="meter-text">{text}</span>
      <span className="meter-track">
        <span className={`meter-fill level-${level}`} style={{ width: `${width}%` }} />
      </span>
    </div>
  );
}
