import { MurmurError } from '../support/errors.ts';
import type { Random } from '../support/random.ts';

export interface Sharding {
  readonly peers: number;
  /** Whose shard, below `peers`. */
  readonly peer: number;
  /** Different labels in a shard; null deals the samples evenly. */
  readonly labelsPerPeer: number | null;
  /** The same stream at every peer. Only forked, so that how much was drawn from it does not matter. */
  readonly random: Random;
}

/**
 * The samples of one peer. The shards of all peers partition the set: each sample belongs to one.
 *
 * With `labelsPerPeer` no shard holds more different labels than that, as long as the peers together have room for every
 * label; else the set is sorted by label, cut and dealt (McMahan et al., AISTATS 2017, section 3), and a piece may hold two.
 *
 * @throws CONFIG_INVALID where there are fewer samples than peers
 */
export function shardIndices(labels: Uint8Array, sharding: Sharding): Uint32Array {
  const { peers, labelsPerPeer } = sharding;
  if (labels.length < peers) {
    throw new MurmurError({
      code: 'CONFIG_INVALID',
      field: 'data.train',
      problem: `${labels.length} samples are too few for ${peers} peers`,
      mend: 'use at least one sample a peer',
    });
  }
  const random = sharding.random.fork('shards');
  if (labelsPerPeer === null) return dealEvenly(labels.length, sharding, random);
  const groups = groupByLabel(labels, random);
  if (labelsPerPeer >= groups.length) return dealEvenly(labels.length, sharding, random);
  const pieces = countPieces(groups, peers, labelsPerPeer);
  return pieces ? dealLabels(groups, pieces, sharding, random) : dealSorted(groups, labels.length, sharding, random);
}

/**
 * Total variation distance between the labels of a shard and those of the whole set: 0 where they are spread alike,
 * towards 1 where the shard has few of the set's labels.
 */
export function labelSkew(labels: Uint8Array, shard: Uint32Array, classes: number): number {
  const difference = new Float64Array(classes);
  for (const label of labels) difference[label]! -= 1 / labels.length;
  for (const index of shard) difference[labels[index]!]! += 1 / shard.length;
  return difference.reduce((sum, part) => sum + Math.abs(part), 0) / 2;
}

function dealEvenly(samples: number, { peers, peer }: Sharding, random: Random): Uint32Array {
  const all = new Uint32Array(samples).map((_, index) => index);
  return slice(random.shuffle(all), peer, peers).slice();
}

/** The samples of each label that occurs, shuffled; the labels in random order. */
function groupByLabel(labels: Uint8Array, random: Random): Uint32Array[] {
  const counts = new Uint32Array(256);
  for (const label of labels) counts[label]!++;
  const groups = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  labels.forEach((label, index) => {
    groups[label]![counts[label]!++] = index;
  });
  const present = groups.filter((group) => group.length > 0);
  for (const group of present) random.shuffle(group);
  return random.shuffle(present);
}

/**
 * Into how many pieces to cut each label, `peers * labelsPerPeer` in all and as equal in size as can be (D'Hondt's
 * method); none where there is no room for every label or a piece would be empty.
 */
function countPieces(groups: readonly Uint32Array[], peers: number, labelsPerPeer: number): Uint32Array | undefined {
  const total = peers * labelsPerPeer;
  if (total < groups.length) return undefined;
  const pieces = new Uint32Array(groups.length).fill(1);
  for (let given = groups.length; given < total; given++) {
    let largest = -1;
    let size = 0;
    groups.forEach((group, at) => {
      const next = group.length / (pieces[at]! + 1);
      // No peer takes two pieces of one label: they would count as one label.
      if (pieces[at]! < peers && next >= 1 && next > size) [largest, size] = [at, next];
    });
    if (largest === -1) return undefined;
    pieces[largest]!++;
  }
  return pieces;
}

/** Gives each label's pieces to different peers, those with the most room first (Gale and Ryser), ties at random. */
function dealLabels(
  groups: readonly Uint32Array[],
  pieces: Uint32Array,
  { peers, peer, labelsPerPeer }: Sharding,
  random: Random,
): Uint32Array {
  const room = new Uint32Array(peers).fill(labelsPerPeer!);
  const order = Array.from({ length: peers }, (_, index) => index);
  const mine: Uint32Array[] = [];
  groups.forEach((group, at) => {
    random.shuffle(order).sort((a, b) => room[b]! - room[a]!);
    for (let piece = 0; piece < pieces[at]!; piece++) {
      const taker = order[piece]!;
      room[taker]!--;
      if (taker === peer) mine.push(slice(group, piece, pieces[at]!));
    }
  });
  return joined(mine);
}

/** Cuts the samples in order of their labels into equal pieces and deals those at random. */
function dealSorted(
  groups: readonly Uint32Array[],
  samples: number,
  { peers, peer, labelsPerPeer }: Sharding,
  random: Random,
): Uint32Array {
  const sorted = joined(groups);
  // Never more pieces than samples, so that none is empty.
  const piecesPerPeer = Math.min(labelsPerPeer!, Math.floor(samples / peers));
  const order = random.shuffle(Array.from({ length: piecesPerPeer * peers }, (_, piece) => piece));
  const mine = slice(order, peer, peers);
  return joined(mine.map((piece) => slice(sorted, piece, order.length)));
}

/** Part `part` of `parts` parts that differ by one in length at most. */
function slice<T extends Uint32Array | number[]>(items: T, part: number, parts: number): T {
  const edge = (at: number) => Math.floor((items.length * at) / parts);
  const [from, to] = [edge(part), edge(part + 1)];
  return (items instanceof Uint32Array ? items.subarray(from, to) : items.slice(from, to)) as T;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
