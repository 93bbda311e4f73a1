import type { Checker, Ending } from '../checker.ts';

/** What peers that were parted for long say of each other; all other warnings tell of something that went wrong. */
const EXPECTED_WARNINGS = ['TOO_FAR_BEHIND'];

/** Once faults stop the swarm goes on to its limit of samples, in time, and all end with the same updates. */
export const progress: Checker = {
  name: 'progress',
  *judge({ result }: Ending) {
    const { events, reports } = result;
    for (const event of events) {
      if (event.type === 'finishing' && event.reason !== 'samples') yield `${event.peer} ends for ${event.reason}`;
      if (event.type === 'warning' && !EXPECTED_WARNINGS.includes(event.code)) {
        yield `${event.peer} warns: ${event.code}, ${event.message}`;
      }
    }
    const wanted = sorted(reports[0]!.vector);
    for (const { vector, invalidMessages } of reports) {
      if (sorted(vector) !== wanted) yield `vectors differ at the end: ${sorted(vector)}, ${wanted}`;
      if (invalidMessages > 0) yield `${invalidMessages} messages were invalid`;
    }
  },
};

function sorted(vector: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(vector).sort(([a], [b]) => (a < b ? -1 : 1)));
}
