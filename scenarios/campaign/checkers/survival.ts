import type { Checker, Ending } from '../checker.ts';

/** No published update of an origin that lives to the end is lost: all peers have it then. */
export const survival: Checker = {
  name: 'survival',
  *judge({ published, origins, result }: Ending) {
    for (const origin of origins) {
      const last = published.of(origin).length;
      for (const [index, { vector }] of result.reports.entries()) {
        const has = vector[origin] ?? 0;
        if (has !== last) yield `report ${index} has ${has} of the ${last} updates of ${origin}`;
      }
    }
  },
};
