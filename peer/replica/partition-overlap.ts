/**
 * Visits every pair of partitions that share entries, one of the vector cut into `from` equal slices and one of it cut
 * into `to`, with the share of the old slice that lies in the new one.
 */
export function overlaps(
  from: number,
  to: number,
  visit: (oldPartition: number, newPartition: number, share: number) => void,
): void {
  // In units of one entry of a vector of `from * to` entries.
  for (let old = 0, next = 0; old < from && next < to; ) {
    const low = Math.max(old * to, next * from);
    const high = Math.min((old + 1) * to, (next + 1) * from);
    visit(old, next, (high - low) / to);
    if (high === (old + 1) * to) old++;
    if (high === (next + 1) * from) next++;
  }
}
