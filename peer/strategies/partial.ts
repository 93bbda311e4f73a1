import { Selector } from '../../src/compression/selection.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import { partitionRange } from '../../src/sum/delta.ts';
import { createLookahead, type Lookahead } from '../replica/lookahead.ts';
import { mass, ResidueAge } from '../replica/residue-age.ts';
import { Sweep } from '../replica/sweep.ts';
import type { Publication, PublicationMoment, Strategy, StrategyComponents } from './strategy.ts';

/** Up to this density factor masking helps; masking what a dense publication sends resets all momentum (design, section 1). */
const SPARSE_DENSITY = 0.5;

/**
 * The design: each round publishes the largest entries of one partition of `pending`, as a sign each and one
 * magnitude a tensor. The partitions take turns, each peer in a phase of its own, so that in any round every
 * partition is in flight from somebody.
 */
export class PartialStrategy implements Strategy {
  readonly shared = true;
  readonly lookahead: Lookahead;
  readonly #components: StrategyComponents;
  readonly #selector: Selector;
  readonly #sweep: Sweep;
  readonly #age: ResidueAge;

  constructor(components: StrategyComponents) {
    const { exchange } = components.manifest;
    this.#components = components;
    this.lookahead = createLookahead(exchange.lookahead, components.replica);
    // A setting that is not fixed may become one partition.
    const fewest = exchange.control === 'fixed' ? exchange.partitions : 1;
    this.#selector = new Selector(Math.ceil(components.layout.size / fewest));
    this.#sweep = new Sweep(components.phase);
    this.#age = new ResidueAge(exchange.partitions, components.startMs);
  }

  contribution(members: number): number {
    return this.#components.manifest.exchange.contribution === 'mean' ? 1 / members : 1;
  }

  publication({ round, setting, nowMs, mask }: PublicationMoment): Publication {
    const { layout, replica, random } = this.#components;
    const { pending, unit } = replica;
    const { partitions, density } = setting;
    const partition = this.#sweep.next(round, partitions);
    const range = partitionRange(partition, partitions, layout.size);
    const wanted = Math.max(1, Math.floor((range.high - range.low) * density));
    const positions = this.#selector.select(pending, range, wanted, random, mask);
    const { encoded, delta } = signMagnitudeCode.encode(pending, positions, { layout, range, unit });
    const before = mass(pending, range.low, range.high);
    // One magnitude stands for all, so what leaves is close to the sum of the magnitudes sent.
    let sent = 0;
    for (let k = 0; k < delta.values.length; k++) sent += Math.abs(delta.values[k]!) * unit;
    const after = Math.max(0, before - sent);
    this.#age.repartition(partitions);
    const pendingMs = this.#age.publish(partition, before, after, nowMs);
    return {
      partition,
      partitions,
      code: signMagnitudeCode.id,
      encoded,
      delta,
      sparse: density <= SPARSE_DENSITY,
      pendingMs,
      residueShare: before > 0 ? after / before : 0,
    };
  }
}
