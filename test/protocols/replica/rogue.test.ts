import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { packTuple } from '../../../protocols/flat-tuple.ts';
import type { Channel, Network } from '../../../protocols/network.ts';
import {
  MAX_HEAD_BYTES,
  MAX_REQUEST_BYTES,
  MAX_TRANSFERS,
  MAX_TRIES,
  maxImageBytes,
  PIECE_BYTES,
  REPLICA_PROTOCOL,
  STALL_TIMEOUT_MS,
} from '../../../protocols/replica/constants.ts';
import { encodeReceiverMessage, encodeSourceMessage, type SourceMessage } from '../../../protocols/replica/messages.ts';
import { failureOf } from '../../support/failures.ts';
import { fetchFrom, imageBytes, imageVector, serveReplica } from '../../support/replica-transfers.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

const bytes = imageBytes(PIECE_BYTES + 100);
const imageHash = createHash('sha256').update(bytes).digest('hex');

describe('a receiver', () => {
  /** Fetches from a source that does as `serve` says; tells how often it was asked, and how long that took. */
  async function fetchOf(serve: (channel: Channel, world: SimulatedWorld) => Promise<void>, maxBytes?: number) {
    const world = new SimulatedWorld();
    return world.run(async () => {
      let asked = 0;
      const source = await world.start('s', (network) => {
        network.handle(REPLICA_PROTOCOL, { maxMessageBytes: MAX_REQUEST_BYTES }, (channel) => {
          asked++;
          void serve(channel, world).catch(() => {});
        });
      });
      const receiver = await world.connected('r', source);
      const startMs = world.clock.nowMs();
      const error = await fetchFrom(
        's',
        { network: receiver, clock: world.clock },
        maxBytes === undefined ? {} : { maxImageBytes: maxBytes },
      ).then(
        () => null,
        (reason: unknown) => reason,
      );
      return { error, asked, tookMs: world.clock.nowMs() - startMs };
    });
  }

  const head = (replaced: object = {}): SourceMessage => ({
    kind: 'head',
    head: { vector: imageVector, samples: [], imageBytes: bytes.length, imageHash, ...replaced },
  });
  const piece = (from: number, to = from + PIECE_BYTES): SourceMessage => ({
    kind: 'piece',
    bytes: bytes.slice(from, to),
  });

  const saying =
    (...said: (SourceMessage | Uint8Array)[]) =>
    async (channel: Channel) => {
      for (const message of said)
        await channel.send(...(message instanceof Uint8Array ? [message] : encodeSourceMessage(message)));
    };

  test('takes what is sound', async () => {
    const { error, asked } = await fetchOf(saying(head(), piece(0), piece(PIECE_BYTES)));
    expect([error, asked]).toEqual([null, 1]);
  });

  test.each<[string, (SourceMessage | Uint8Array)[]]>([
    ['an image of another hash', [head({ imageHash: 'ab'.repeat(32) }), piece(0), piece(PIECE_BYTES)]],
    ['a piece first', [piece(0)]],
    ['two heads', [head(), head()]],
    ['an empty piece', [head(), piece(0, 0)]],
    ['a crumb', [head(), piece(0, 1000)]],
    ['a piece beyond the end', [head(), piece(0), { kind: 'piece', bytes: new Uint8Array(101) }]],
    ['a piece that is too long', [head(), { kind: 'piece', bytes: new Uint8Array(PIECE_BYTES + 1) }]],
    ['that it is busy, in the midst', [head(), { kind: 'busy' }]],
    ['an image of no length', [head({ imageBytes: 0 })]],
    ['a hash that is too short', [packTuple([2, [], [], 10, new Uint8Array(31)])]],
    ['a vector of no origins', [packTuple([2, [['a', 1]], [], 10, new Uint8Array(32)])]],
    ['garbage', [Uint8Array.of(1, 2, 3)]],
    ['nothing in a message', [new Uint8Array(0)]],
    ['more than a message holds', [packTuple([3, new Uint8Array(MAX_HEAD_BYTES)])]],
  ])('does not ask a source twice that says %s', async (_what, said) => {
    const { error, asked } = await fetchOf(saying(...said));
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID' });
    expect(asked).toBe(1);
  });

  test('refuses an image that is longer than any of its model, before any of it comes', async () => {
    const limit = maxImageBytes(1000);
    const { error } = await fetchOf(saying(head({ imageBytes: limit + 1 })), limit);
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID', failure: { field: 'length' } });
  });

  test.each<[string, (SourceMessage | Uint8Array)[]]>([
    ['after its head', [head()]],
    ['before it has said anything', []],
  ])('gives up a source that stalls %s, and each of its tries', async (_when, said) => {
    const { error, asked, tookMs } = await fetchOf(saying(...said));
    expect(error).toMatchObject({ code: 'TIMED_OUT', failure: { timeoutMs: STALL_TIMEOUT_MS } });
    expect(asked).toBe(MAX_TRIES);
    expect(tookMs).toBeGreaterThan(MAX_TRIES * STALL_TIMEOUT_MS);
    expect(tookMs).toBeLessThan((MAX_TRIES + 1) * STALL_TIMEOUT_MS);
  });

  test.each<[string, (channel: Channel) => Promise<void>]>([
    ['closes at once', (channel) => channel.close()],
    ['closes after its head', (channel) => saying(head())(channel).then(() => channel.close())],
    ['aborts', async (channel) => channel.abort()],
  ])('asks a source that %s again, MAX_TRIES times', async (_what, serve) => {
    const { error, asked } = await fetchOf(serve);
    expect(error).toMatchObject({ code: 'STREAM_CLOSED', failure: { peer: 's' } });
    expect(asked).toBe(MAX_TRIES);
  });

  test('is told where its source is not connected', async () => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      const network = await world.start('r');
      await failureOf(fetchFrom('nobody', { network, clock: world.clock }), 'STREAM_CLOSED');
    });
  });
});

describe('a source', () => {
  const long = imageBytes(4 * 2 ** 20);

  /** A source of `long`, and a receiver's channel to it that the test speaks on. */
  async function channelTo(world: SimulatedWorld) {
    let served!: ReturnType<typeof serveReplica>;
    let made = 0;
    const image = async () => {
      made++;
      return { bytes: long, vector: imageVector };
    };
    const source = await world.start('s', (network) => {
      served = serveReplica(network, world.clock, long, { image });
    });
    const open = async (name: string): Promise<{ channel: Channel; network: Network }> => {
      const network = await world.start(name);
      await network.dial(source.addresses[0]!);
      return { channel: await network.open('s', REPLICA_PROTOCOL, { maxMessageBytes: MAX_HEAD_BYTES }), network };
    };
    return { ...served, network: source, open, made: () => made };
  }

  const ask = encodeReceiverMessage({ kind: 'ask', imageHash: null });
  const send = encodeReceiverMessage({ kind: 'send', offset: 0 });

  test.each<[string, Uint8Array[]]>([
    ['wants it unasked', [send]],
    ['asks twice', [ask, ask]],
    ['wants it from beyond its end', [ask, encodeReceiverMessage({ kind: 'send', offset: long.length + 1 })]],
    ['speaks on', [ask, encodeReceiverMessage({ kind: 'send', offset: long.length }), ask]],
    ['speaks garbage', [Uint8Array.of(9, 9)]],
    ['asks for half a hash', [packTuple([0, new Uint8Array(16)])]],
    ['says too much', [new Uint8Array(MAX_REQUEST_BYTES + 1)]],
  ])('cuts off and names a receiver that %s', async (_what, said) => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      const { open, invalid } = await channelTo(world);
      const { channel } = await open('r');
      for (const message of said) {
        await channel.send(message);
        await world.pass(100);
      }
      expect(invalid).toHaveLength(1);
      expect(invalid[0]).toMatch(/^r: /);
      await failureOf(channel.send(ask), 'STREAM_CLOSED');
    });
  });

  test('serves from any offset within', async () => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      const { open, invalid } = await channelTo(world);
      const { channel } = await open('r');
      await channel.send(ask);
      await channel.send(encodeReceiverMessage({ kind: 'send', offset: long.length - 5 }));
      const messages: Uint8Array[] = [];
      for await (const message of channel.messages()) messages.push(message);
      expect(messages[1]).toEqual(packTuple([3, long.slice(-5)]));
      expect(messages).toHaveLength(2);
      await channel.close();
      expect(invalid).toEqual([]);
    });
  });

  test('holds no more than a window for receivers that do not read, drops them, and has room again', async () => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      const { open, network, made, invalid } = await channelTo(world);
      const stalled: Channel[] = [];
      for (let n = 0; n < MAX_TRANSFERS; n++) {
        const { channel } = await open(`r${n}`);
        await channel.send(ask);
        await channel.send(send);
        stalled.push(channel);
      }
      await world.pass(STALL_TIMEOUT_MS / 4);
      expect(network.traffic().bytesSent).toBeLessThan(MAX_TRANSFERS * (2 ** 20 + 2 * PIECE_BYTES));
      expect(made()).toBe(1);
      const { network: late } = await open('late');
      await failureOf(fetchFrom('s', { network: late, clock: world.clock }), 'STREAM_CLOSED');
      await world.pass(STALL_TIMEOUT_MS);
      for (const channel of stalled) await failureOf(channel.send(ask), 'STREAM_CLOSED');
      expect((await fetchFrom('s', { network: late, clock: world.clock }))!.bytes).toHaveLength(long.length);
      expect(invalid).toEqual([]);
    });
  });

  test('waits for a request, for a decision and for the end no longer than a stall', async () => {
    const world = new SimulatedWorld();
    await world.run(async () => {
      const { open } = await channelTo(world);
      const end = encodeReceiverMessage({ kind: 'send', offset: long.length });
      const channels: Channel[] = [];
      for (const [n, said] of [[], [ask], [ask, end]].entries()) {
        const { channel } = await open(`r${n}`);
        for (const message of said) await channel.send(message);
        channels.push(channel);
      }
      await world.pass(STALL_TIMEOUT_MS + 1_000);
      for (const channel of channels) await failureOf(channel.send(ask), 'STREAM_CLOSED');
    });
  });
});
