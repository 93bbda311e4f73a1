import type { Checker, Sight } from '../checker.ts';

/** Steps taken = published + pending + damped, per peer and parameter, to float rounding. */
export const ledger: Checker = { name: 'ledger', look: breaches, judge: breaches };

function* breaches({ peers }: Sight): Generator<string> {
  for (const { name, replica } of peers) {
    const index = replica.ledger.mismatch(replica.pending);
    if (index < 0) continue;
    yield `${name} has ${replica.pending[index]} pending at ${index}, its ledger ${replica.ledger.pending[index]}`;
  }
}
