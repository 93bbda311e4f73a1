/** A mistake that somebody might make: some places of the source, and what stands there instead. */
export interface PlantedBug {
  readonly name: string;
  /** The checker that is there for it; others may find it, too. */
  readonly foundBy: string;
  readonly changes: readonly Change[];
}

export interface Change {
  /** From the root of the repository. */
  readonly path: string;
  /** Found there once. */
  readonly sound: string;
  readonly broken: string;
}

/** Each of them must be found by the checkers. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a version check that is skipped where a replica is adopted',
    foundBy: 'progress',
    changes: [
      {
        path: 'peer/exchange/adoption.ts',
        sound: 'return difference === 0 ? arrived.digest() < theirs.digest() : difference > 0;',
        broken: 'return difference < 2 ** 40 || arrived.digest() < theirs.digest();',
      },
    ],
  },
  {
    name: 'a credit that is dropped',
    foundBy: 'progress',
    changes: [
      {
        path: 'protocols/updates/update-feed.ts',
        sound: 'this.#untoldUpdates++;',
        broken: 'if (this.#untoldBytes > 0) this.#untoldUpdates++;',
      },
    ],
  },
  {
    name: 'an update that is applied twice',
    foundBy: 'law',
    changes: [
      {
        path: 'src/sum/replicated-sum.ts',
        sound: 'addDelta(this.values, update.delta);',
        broken: 'for (let k = update.to % 16 === 0 ? 2 : 1; k > 0; k--) addDelta(this.values, update.delta);',
      },
    ],
  },
  {
    name: 'a residue that is lost on restart',
    foundBy: 'ledger',
    changes: [{ path: 'peer/replica/replica.ts', sound: 'this.pending.set(pending);', broken: '' }],
  },
  {
    name: 'an adoption that does not bring in what only this peer holds',
    foundBy: 'failure',
    changes: [
      {
        path: 'peer/replica/trainer.ts',
        sound: 'return this.absorb(replay);',
        broken: 'return this.absorb(replay.slice(1));',
      },
    ],
  },
  {
    name: 'a restore that reuses an incarnation',
    foundBy: 'survival',
    changes: [
      {
        path: 'src/sum/identity.ts',
        sound: 'incarnation: this.#drawIncarnation()',
        broken: 'incarnation: this.#drawIncarnation() * 0n + 7n',
      },
    ],
  },
  {
    name: 'a hand-over that overlaps',
    foundBy: 'watch',
    changes: [
      {
        path: 'protocols/updates/update-feed.ts',
        sound: 'for await (const message of channel.messages()) this.#take(message, signal);',
        broken:
          'for await (const message of channel.messages()) if (signal.aborted) return; else this.#take(message, signal);',
      },
    ],
  },
  {
    name: 'a fingerprint that is never sent',
    foundBy: 'fingerprints',
    changes: [
      {
        path: 'peer/replica/update-frames.ts',
        sound: 'sequence % FINGERPRINT_EVERY === 0',
        broken: 'sequence % FINGERPRINT_EVERY === FINGERPRINT_EVERY',
      },
    ],
  },
  {
    name: 'a publication that takes more from what is pending than it sends',
    foundBy: 'ledger',
    changes: [
      {
        path: 'peer/replica/replica.ts',
        sound: 'pending[index]! -= values[k]! * unit;',
        broken: 'pending[index] = 0;',
      },
    ],
  },
  {
    name: 'updates put back twice',
    foundBy: 'ledger',
    changes: [
      {
        path: 'peer/replica/replica.ts',
        sound: 'for (const delta of deltas) addScaled(this.pending, delta, this.unit);',
        broken: 'for (const delta of deltas) addScaled(this.pending, delta, 2 * this.unit);',
      },
    ],
  },
  {
    name: 'updates of a former process that come back and act as if they were new',
    foundBy: 'ledger',
    changes: [{ path: 'peer/replica/own-past.ts', sound: 'shrink(pending, delta, unit);', broken: '' }],
  },
  {
    name: 'a log that outgrows its budget',
    foundBy: 'memory',
    changes: [
      {
        path: 'src/sum/update-log.ts',
        sound: 'while (this.#bytes > this.#maxBytes) this.#evictOldest();',
        broken: 'while (this.#bytes > 2 * this.#maxBytes) this.#evictOldest();',
      },
    ],
  },
  {
    name: 'a log that does not tell where it begins',
    foundBy: 'progress',
    changes: [{ path: 'src/sum/update-log.ts', sound: 'log.floor = entry.to;', broken: '' }],
  },
  {
    name: 'a wrong merge, which adds its first part twice',
    foundBy: 'progress',
    changes: [
      {
        path: 'protocols/updates/merge.ts',
        sound: 'sums[positions[i]!]! += values[i]!;',
        broken: 'sums[positions[i]!]! += frames.length > 0 ? values[i]! : 2 * values[i]!;',
      },
    ],
  },
  {
    name: 'a silent peer whose updates are asked of nobody',
    foundBy: 'progress',
    changes: [
      {
        path: 'peer/exchange/direct-feeds.ts',
        sound: 'return others.length > 0 ? others[turn % others.length]!.name : null;',
        broken: 'return turn < 0 ? others[0]!.name : null;',
      },
    ],
  },
  {
    name: 'a peer that leaves before the others have its last updates',
    foundBy: 'survival',
    changes: [
      {
        path: 'peer/farewell.ts',
        sound: 'return applied.updates === inbox.taken.total() && applied.digest === inbox.taken.digest();',
        broken: 'return true;',
      },
    ],
  },
];
