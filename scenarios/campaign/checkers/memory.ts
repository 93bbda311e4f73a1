import type { Checker, Ending } from '../checker.ts';

/** The log stays within its budget at every word that a peer gives of it. */
export const memory: Checker = {
  name: 'memory',
  *judge({ result, init }: Ending) {
    const most = init.logBytes ?? Number.POSITIVE_INFINITY;
    for (const event of result.events) {
      if (event.type !== 'progress') continue;
      const bytes = event.progress.footprint?.logBytes ?? 0;
      if (bytes > most) yield `the log of ${event.peer} holds ${bytes} bytes of ${most}`;
    }
  },
};
