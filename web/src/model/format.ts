/** Numbers as text. Unknown is – everywhere. */
export const unknownText = '–';

export function percentText(value: number | null): string {
  return value === null ? unknownText : `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)}%`;
}

/** By digits after the point: to make one takes longer than to use it a hundred times. */
const formats: Intl.NumberFormat[] = [];

export function numberText(value: number | null, digits = 0): string {
  if (value === null) {
    return unknownText;
  }
  formats[digits] ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: digits });
  return formats[digits].format(value).replaceAll(',', '\u202f');
}

export function bytesText(bytes: number | null): string {
  if (bytes === null) {
    return unknownText;
  }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  // 1023.5 would round to 1024.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 99.95 ? 1 : 0).replace(/\.0$/, '')} ${units[unit] ?? ''}`;
}

/** The reports' MB are nvidia-smi's MiB. */
export function mebibytesText(mebibytes: number | null): string {
  return bytesText(mebibytes === null ? null : mebibytes * 1024 * 1024);
}

export function usageText(used: number | null, total: number | null): string {
  return `${bytesText(used)} / ${bytesText(total)}`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** The day only where it is another one. */
export function timeText(time: number | null, now: number): string {
  if (time === null) {
    return unknownText;
  }
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) {
    return unknownText;
  }
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const day = `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) {
    return `${clock}:${pad(date.getSeconds())}`;
  }
  return date.getFullYear() === today.getFullYear() ? `${day} ${clock}` : `${date.getFullYear()}-${day} ${clock}`;
}

export function fullTimeText(time: number | null): string {
  if (time === null || Number.isNaN(new Date(time).getTime())) {
    return unknownText;
  }
  const date = new Date(time);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** 3 d 4 h, 12 min, 8 s. */
export function durationText(seconds: number | null): string {
  if (seconds === null) {
    return unknownText;
  }
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  }
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
