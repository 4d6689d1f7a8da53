/** A small line over the last samples; gaps stay gaps. From 0 to 100. */
export function Trend({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const width = 90;
  const height = 24;
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const pieces: string[] = [];
  let open = false;
  values.forEach((value, position) => {
    if (value === null) {
      open = false;
      return;
    }
    const y = height - 1 - (Math.max(0, Math.min(100, value)) / 100) * (height - 2);
    pieces.push(`${open ? 'L' : 'M'}${(position * step).toFixed(1)} ${y.toFixed(1)}`);
    open = true;
  });
  return (
    <svg className="trend" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={pieces.join('')} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
