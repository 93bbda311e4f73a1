import type { PeerEvent } from '../../peer/events.ts';
import type { PeerName } from '../../src/sum/origin.ts';

/** What the egress of a run is computed from. */
export type EgressEvent = Extract<PeerEvent, { type: 'progress' | 'finishing' }>;

/** What each peer sent a second from its first to its last word of progress before the first one finished. */
export function egressOf(events: readonly EgressEvent[]): number[] {
  const endMs = events.find(({ type }) => type === 'finishing')?.atMs ?? Number.POSITIVE_INFINITY;
  const courses = new Map<PeerName, { readonly atMs: number; readonly bytesSent: number }[]>();
  for (const event of events) {
    if (event.type !== 'progress' || event.atMs > endMs) continue;
    const course = courses.get(event.peer) ?? [];
    courses.set(event.peer, course);
    course.push({ atMs: event.atMs, bytesSent: event.progress.bytesSent });
  }
  return [...courses.values()].flatMap((course) => {
    const [first, last] = [course[0]!, course.at(-1)!];
    return last.atMs > first.atMs ? [(1000 * (last.bytesSent - first.bytesSent)) / (last.atMs - first.atMs)] : [];
  });
}
