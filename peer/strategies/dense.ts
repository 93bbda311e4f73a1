import { createLookahead, type Lookahead } from '../replica/lookahead.ts';
import { ResidueAge } from '../replica/residue-age.ts';
import type { Publication, PublicationMoment, Strategy, StrategyComponents } from './strategy.ts';
import { publishWholeVector } from './whole-vector.ts';

/** The control that pays for everything: every step, whole and in float32, from every peer to every peer. */
export class DenseStrategy implements Strategy {
  readonly shared = true;
  readonly lookahead: Lookahead;
  readonly #components: StrategyComponents;
  readonly #age: ResidueAge;

  constructor(components: StrategyComponents) {
    this.#components = components;
    this.lookahead = createLookahead(1, components.replica);
    this.#age = new ResidueAge(1, components.startMs);
  }

  contribution(members: number): number {
    return this.#components.manifest.exchange.contribution === 'mean' ? 1 / members : 1;
  }

  publication({ nowMs }: PublicationMoment): Publication {
    return publishWholeVector(this.#components.replica, this.#components.layout, this.#age, nowMs);
  }
}
