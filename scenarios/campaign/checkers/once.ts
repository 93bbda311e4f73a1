import type { Checker, Ending, Sight } from '../checker.ts';

/** No sequence number is used twice, and nothing is applied twice. */
export const once: Checker = {
  name: 'once',
  *look({ peers }: Sight) {
    for (const { name, replica } of peers) {
      const total = replica.sum.vector.total();
      if (total !== replica.appliedTotal)
        yield `${name} has applied ${replica.appliedTotal} updates, and covers ${total}`;
    }
  },
  *judge({ published }: Ending) {
    for (const [origin, updates] of published.origins()) {
      const odd = updates.findIndex(({ from, to }, index) => from !== index || to !== index + 1);
      if (odd >= 0) yield `${origin} publishes ${updates[odd]!.to} in the place of ${odd + 1}`;
    }
  },
};
