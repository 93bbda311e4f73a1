import { createLookahead, type Lookahead } from '../replica/lookahead.ts';
import { ResidueAge } from '../replica/residue-age.ts';
import type { Publication, PublicationMoment, Strategy, StrategyComponents } from './strategy.ts';
import { publishWholeVector } from './whole-vector.ts';

/** The control that shares nothing: each peer publishes to itself alone, so that its S is its own model. */
export class NoneStrategy implements Strategy {
  readonly shared = false;
  readonly lookahead: Lookahead;
  readonly #components: StrategyComponents;
  readonly #age: ResidueAge;

  constructor(components: StrategyComponents) {
    this.#components = components;
    this.lookahead = createLookahead(1, components.replica);
    this.#age = new ResidueAge(1, components.startMs);
  }

  contribution(): number {
    return 1;
  }

  publication({ nowMs }: PublicationMoment): Publication {
    return publishWholeVector(this.#components.replica, this.#components.layout, this.#age, nowMs);
  }
}
