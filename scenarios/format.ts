/** Numbers as people read them: live view, final lines and report agree. What is not known is a dash. */
const UNKNOWN = '–';

/** 1,234 */
export function formatCount(count: number | null): string {
  return count === null ? UNKNOWN : Math.round(count).toLocaleString('en-US');
}

/** Three significant digits in decimal units: 1.23 MB. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** A share in [0, 1] as 97.80 %. */
export function formatShare(share: number | null): string {
  return share === null ? UNKNOWN : `${(share * 100).toFixed(2)} %`;
}

/** 0.42 s, 12.3 s, 3 min 5 s. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}
