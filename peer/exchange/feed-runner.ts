import type { Network } from '../../protocols/network.ts';
import { maxFrameBytes, maxSourceMessageBytes } from '../../protocols/updates/constants.ts';
import type { Scope } from '../../protocols/updates/scope.ts';
import { UpdateFeed } from '../../protocols/updates/update-feed.ts';
import type { Layout } from '../../src/models/layout.ts';
import type { OriginKey, PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { isFailure } from '../../src/support/errors.ts';
import type { Inbox } from './inbox.ts';

/** Updates under way on one feed: enough to cover a link of 100 Mbit/s and 50 ms. */
const WINDOW_BYTES = 2 ** 20;
/** The window in frames of the largest kind, so that a dense one does not wait for the one before it. */
const WINDOW_FRAMES = 4;

export interface FeedRunnerInit {
  readonly layout: Layout;
  /** See `UpdateFeedInit`. */
  readonly tellEvery: number;
  readonly onInvalid: (peer: PeerName, problem: string) => void;
  /** `source` holds updates of `origin` from `floor` on, and this peer stands below. */
  readonly onTooFarBehind: (origin: OriginKey, source: PeerName, floor: number) => void;
}

export interface FeedRun {
  readonly source: PeerName;
  readonly scope: Scope;
  readonly onLevel: () => void;
  readonly onUpdate: () => void;
}

/** Runs feeds into the inbox, each to its end. */
export class FeedRunner {
  readonly #components: { readonly network: Network; readonly clock: Clock };
  readonly #inbox: Inbox;
  readonly #init: FeedRunnerInit;

  constructor(components: { network: Network; clock: Clock; inbox: Inbox }, init: FeedRunnerInit) {
    this.#components = components;
    this.#inbox = components.inbox;
    this.#init = init;
  }

  /** Runs one feed until its source closes, or has acknowledged the close that an abort asks for. Tells whether it failed. */
  async run({ source, scope, onLevel, onUpdate }: FeedRun, signal: AbortSignal): Promise<boolean> {
    const { layout, tellEvery, onInvalid, onTooFarBehind } = this.#init;
    const feed = new UpdateFeed(this.#components, {
      source,
      scope,
      windowBytes: Math.max(WINDOW_BYTES, WINDOW_FRAMES * maxFrameBytes(layout)),
      maxMessageBytes: maxSourceMessageBytes(layout),
      tellEvery,
      arrived: this.#inbox.arrived,
      receive: (origin, frame, from) => {
        this.#inbox.accept(origin, frame, from);
        onUpdate();
      },
      onLevel,
      onTooFarBehind: (origin, floor) => signal.aborted || onTooFarBehind(origin, source, floor),
    });
    try {
      await feed.run(signal);
      return false;
    } catch (error) {
      if (isFailure(error, 'MESSAGE_INVALID')) onInvalid(source, error.message);
      else if (!isFailure(error, 'STREAM_CLOSED')) throw error;
      return true;
    }
  }
}
