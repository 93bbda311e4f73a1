import { Selector } from '../../src/compression/selection.ts';
import { signMagnitudeCode } from '../../src/compression/sign-magnitude.ts';
import { partitionRange } from '../../src/sum/delta.ts';
import { createLookahead, type Lookahead } from '../replica/lookahead.ts';
import { mass, ResidueAge } from '../replica/residue-age.ts';
import { Schedule } from '../replica/schedule.ts';
import type { Publication, PublicationMoment, Strategy, StrategyComponents } from './strategy.ts';

/** Up to this density factor masking helps; masking what a dense publication sends resets all momentum (design, section 1). */
const SPARSE_DENSITY = 0.5;

/**
 * The design: each round publishes the largest entries of one partition of `pending`, as a sign each and one
 * magnitude a tensor. The partitions take turns, each peer in a phase of its own, so that in any round every
 * partition is in flight from somebody.
 */
export class PartialStrategy implements Strategy {
  readonly localSteps: number;
  readonly shared = true;
  readonly lookahead: Lookahead;
  readonly #components: StrategyComponents;
  readonly #selector: Selector;
  readonly #schedule: Schedule;
  readonly #age: ResidueAge;

  constructor(components: StrategyComponents) {
    const { exchange } = components.manifest;
    this.#components = components;
    this.localSteps = exchange.localSteps;
    this.lookahead = createLookahead(exchange.lookahead, components.replica);
    this.#selector = new Selector(Math.ceil(components.layout.size / exchange.partitions));
    this.#schedule = new Schedule(components.manifest);
    this.#age = new ResidueAge(exchange.partitions, components.startMs);
  }

  contribution(members: number): number {
    return this.#components.manifest.exchange.contribution === 'mean' ? 1 / members : 1;
  }

  publication({ round, swarmSamples, nowMs, mask }: PublicationMoment): Publication {
    const { manifest, layout, replica, random, phase } = this.#components;
    const { pending, unit } = replica;
    const { partitions } = manifest.exchange;
    const partition = (round + phase) % partitions;
    const range = partitionRange(partition, partitions, layout.size);
    const density = this.#schedule.density(swarmSamples);
    const wanted = Math.max(1, Math.floor((range.high - range.low) * density));
    const positions = this.#selector.select(pending, range, wanted, random, mask);
    const { encoded, delta } = signMagnitudeCode.encode(pending, positions, { layout, range, unit });
    const before = mass(pending, range.low, range.high);
    // One magnitude stands for all, so what leaves is close to the sum of the magnitudes sent.
    let sent = 0;
    for (let k = 0; k < delta.values.length; k++) sent += Math.abs(delta.values[k]!) * unit;
    const pendingMs = this.#age.publish(partition, before, Math.max(0, before - sent), nowMs);
    return {
      partition,
      partitions,
      code: signMagnitudeCode.id,
      encoded,
      delta,
      sparse: density <= SPARSE_DENSITY,
      pendingMs,
    };
  }
}
