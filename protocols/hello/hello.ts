import type { ManifestSection } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import { MurmurError } from '../../src/support/errors.ts';
import { RateLimit } from '../../src/support/rate-limit.ts';
import type { Network } from '../network.ts';
import { HELLO_MAX_BYTES, HELLO_PROTOCOL, HELLO_RATE, HELLO_TIMEOUT_MS } from './constants.ts';
import { differingSections, encodeHello } from './messages.ts';

export interface HelloComponents {
  readonly network: Network;
  readonly clock: Clock;
}

/** Tells every peer that asks which manifest this one runs, and asks others. */
export class Hello {
  readonly #components: HelloComponents;
  readonly #digests: Readonly<Record<ManifestSection, string>>;

  /** Registers the protocol: create it before the network starts. */
  constructor(components: HelloComponents, digests: Readonly<Record<ManifestSection, string>>) {
    this.#components = components;
    this.#digests = digests;
    const asked = new RateLimit(HELLO_RATE);
    components.network.handle(HELLO_PROTOCOL, { maxMessageBytes: HELLO_MAX_BYTES }, async (channel) => {
      if (!asked.allows(channel.remote, components.clock.nowMs())) return channel.abort();
      try {
        await channel.send(encodeHello(digests));
        await channel.close();
      } catch {
        // The asker went away: it needs no answer.
        channel.abort();
      }
    });
  }

  /**
   * Throws MANIFEST_MISMATCH where `peer` runs something else, STREAM_CLOSED or TIMED_OUT where it does not answer,
   * MESSAGE_INVALID where the answer makes no sense.
   */
  async greet(peer: PeerName): Promise<void> {
    const { network, clock } = this.#components;
    const channel = await network.open(peer, HELLO_PROTOCOL, { maxMessageBytes: HELLO_MAX_BYTES });
    let late = false;
    const cancel = clock.after(HELLO_TIMEOUT_MS, () => {
      late = true;
      channel.abort();
    });
    try {
      for await (const message of channel.messages()) {
        const sections = differingSections(message, this.#digests);
        if (sections.length === 0) return;
        const mend = 'start it with the same manifest file as the others';
        throw new MurmurError({ code: 'MANIFEST_MISMATCH', peer, sections, mend });
      }
      throw new MurmurError({ code: 'STREAM_CLOSED', peer, problem: 'closed without a hello' });
    } catch (error) {
      if (!late) throw error;
      throw new MurmurError({
        code: 'TIMED_OUT',
        waitedFor: `the hello of ${peer}`,
        timeoutMs: HELLO_TIMEOUT_MS,
        mend: 'see whether it is overloaded',
      });
    } finally {
      cancel();
      void channel.close().catch(() => channel.abort());
    }
  }
}
