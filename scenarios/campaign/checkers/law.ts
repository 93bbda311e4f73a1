import type { Checker, Sight } from '../checker.ts';

/** The law of the replicated sum: each S is start plus every update that its vector covers, exactly once, to the bit. */
export const law: Checker = { name: 'law', look: breaches, judge: breaches };

function* breaches({ peers, published }: Sight): Generator<string> {
  for (const { name, replica } of peers) {
    const { sum, start } = replica;
    for (const [origin, sequence] of sum.vector.entries()) {
      if ((published.of(origin).at(-1)?.to ?? 0) < sequence) yield `${name} has ${origin} ${sequence}, never published`;
    }
    const expected = published.sum(start, sum.vector.entries());
    const index = expected.findIndex((value, at) => value !== sum.values[at]);
    if (index >= 0) yield `S of ${name} is ${sum.values[index]} at ${index}, its updates add up to ${expected[index]}`;
  }
}
