import { describe, expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import {
  HELLO_DIGEST_BYTES,
  HELLO_MAX_BYTES,
  HELLO_PROTOCOL,
  HELLO_RATE,
  HELLO_TIMEOUT_MS,
} from '../../../protocols/hello/constants.ts';
import { Hello } from '../../../protocols/hello/hello.ts';
import { differingSections, encodeHello } from '../../../protocols/hello/messages.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import { type Manifest, manifestDigests, manifestSections } from '../../../src/manifest.ts';
import { failureOf } from '../../support/failures.ts';
import { testManifest } from '../../support/manifest.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

const own = testManifest();

/** Greets a peer that serves the hello in some way. */
async function greet(serve: (network: Network, world: SimulatedWorld) => void): Promise<{ tookMs: number }> {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const other = await world.start('other', (network) => serve(network, world));
    let hello!: Hello;
    const self = await world.start('self', (network) => {
      hello = new Hello({ network, clock: world.clock }, manifestDigests(own));
    });
    await self.dial(other.addresses[0]!);
    const startMs = world.clock.nowMs();
    await hello.greet('other');
    return { tookMs: world.clock.nowMs() - startMs };
  });
}

const running = (manifest: Manifest) => (network: Network, world: SimulatedWorld) => {
  new Hello({ network, clock: world.clock }, manifestDigests(manifest));
};

const saying = (serve: (channel: Channel) => Promise<void>) => (network: Network) => {
  network.handle(
    HELLO_PROTOCOL,
    { maxMessageBytes: HELLO_MAX_BYTES },
    (channel) => void serve(channel).catch(() => {}),
  );
};

describe('a hello', () => {
  test('admits a peer with an equal manifest, in one exchange', async () => {
    // Opening, and the answer: two ways there and back at 10 ms a way.
    expect((await greet(running(testManifest()))).tookMs).toBeLessThanOrEqual(40);
  });

  test('ignores what is local to a machine', async () => {
    await greet(running(testManifest({ data: { path: 'elsewhere' }, backend: 'cpu' })));
    await greet(running(testManifest({ data: { path: '/x' }, backend: null })));
  });

  test('names the sections in which manifests differ', async () => {
    const other = testManifest({ seed: 9, training: { rate: 0.3 }, limits: { seconds: 5 } });
    const { failure } = await failureOf(greet(running(other)), 'MANIFEST_MISMATCH');
    expect(failure).toMatchObject({ peer: 'other', sections: ['seed', 'training', 'limits'] });
  });

  test('of a mute peer is waited for HELLO_TIMEOUT_MS', async () => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      let ended = false;
      const other = await world.start('other', (network) =>
        saying(async (channel) => {
          for await (const _message of channel.messages()) expect.fail('a greeting says nothing');
        })(network),
      );
      let hello!: Hello;
      const self = await world.start('self', (network) => {
        hello = new Hello({ network, clock: world.clock }, manifestDigests(own));
      });
      await self.dial(other.addresses[0]!);
      const greeting = hello.greet('other').finally(() => {
        ended = true;
      });
      greeting.catch(() => {});
      await world.pass(HELLO_TIMEOUT_MS);
      expect(ended).toBe(false);
      await world.pass(1000);
      expect(ended).toBe(true);
      const { failure } = await failureOf(greeting, 'TIMED_OUT');
      expect(failure).toMatchObject({ timeoutMs: HELLO_TIMEOUT_MS, waitedFor: expect.stringContaining('other') });
    });
  });

  test.each<[string, Uint8Array]>([
    ['garbage', Uint8Array.of(1, 2, 3)],
    ['nothing', new Uint8Array(0)],
    ['another tuple', packTuple([1, 2])],
    ['digests that are too short', packTuple([['seed', new Uint8Array(HELLO_DIGEST_BYTES - 1)]])],
    ['digests that are too long', packTuple([['seed', new Uint8Array(HELLO_DIGEST_BYTES + 1)]])],
    ['a name that is too long', packTuple([['s'.repeat(33), new Uint8Array(HELLO_DIGEST_BYTES)]])],
    ['more than HELLO_MAX_BYTES', packTuple([new Uint8Array(HELLO_MAX_BYTES)])],
  ])('of %s is refused', async (_what, bytes) => {
    await failureOf(greet(saying(async (channel) => void (await channel.send(bytes)))), 'MESSAGE_INVALID');
  });

  test('of a peer that closes, aborts or lacks the protocol is STREAM_CLOSED', async () => {
    await failureOf(greet(saying((channel) => channel.close())), 'STREAM_CLOSED');
    await failureOf(greet(saying(async (channel) => channel.abort())), 'STREAM_CLOSED');
    await failureOf(
      greet(() => {}),
      'STREAM_CLOSED',
    );
  });

  test('is given again and again, also to somebody who leaves at once', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const other = await world.start('other', (network) => running(own)(network, world));
      let hello!: Hello;
      const self = await world.start('self', (network) => {
        hello = new Hello({ network, clock: world.clock }, manifestDigests(own));
      });
      await self.dial(other.addresses[0]!);
      const channel = await self.open('other', HELLO_PROTOCOL, { maxMessageBytes: HELLO_MAX_BYTES });
      channel.abort();
      await Promise.all([hello.greet('other'), hello.greet('other')]);
    });
  });

  test('is told so often and no more to one who asks without end, and as ever to others', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const other = await world.start('other', (network) => running(own)(network, world));
      const greeters: Hello[] = [];
      for (const name of ['greedy', 'modest']) {
        const network = await world.start(name, (network) => {
          greeters.push(new Hello({ network, clock: world.clock }, manifestDigests(own)));
        });
        await network.dial(other.addresses[0]!);
      }
      const answers = await Promise.allSettled(Array.from({ length: 50 }, () => greeters[0]!.greet('other')));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(HELLO_RATE.burst);
      await greeters[1]!.greet('other');
      await world.pass(1_000 / HELLO_RATE.perSecond);
      await greeters[0]!.greet('other');
    });
  });
});

describe('a hello message', () => {
  const digests = manifestDigests(own);

  test('fits HELLO_MAX_BYTES with room for as many sections again', () => {
    expect(2 * encodeHello(digests).length).toBeLessThan(HELLO_MAX_BYTES);
  });

  test('compares HELLO_DIGEST_BYTES of every section', () => {
    for (const section of manifestSections) {
      const flip = (at: number) => {
        const digest = Buffer.from(digests[section], 'hex');
        digest[at]! ^= 1;
        return { ...digests, [section]: digest.toString('hex') };
      };
      expect(differingSections(encodeHello(flip(0)), digests)).toEqual([section]);
      expect(differingSections(encodeHello(flip(HELLO_DIGEST_BYTES - 1)), digests)).toEqual([section]);
      expect(differingSections(encodeHello(flip(HELLO_DIGEST_BYTES)), digests)).toEqual([]);
    }
  });

  test('may name sections as every object has members', () => {
    const digest = new Uint8Array(HELLO_DIGEST_BYTES);
    expect(differingSections(packTuple([['constructor', digest]]), digests)).toContain('constructor');
  });

  test('names sections that only one side knows', () => {
    const digest = new Uint8Array(HELLO_DIGEST_BYTES);
    const [first, ...others] = manifestSections.map(
      (name) => [name, Buffer.from(digests[name], 'hex').subarray(0, HELLO_DIGEST_BYTES)] as const,
    );
    expect(differingSections(packTuple([...others, ['future', digest]]), digests)).toEqual([first![0], 'future']);
    expect(differingSections(packTuple([]), digests)).toEqual([...manifestSections]);
  });
});
