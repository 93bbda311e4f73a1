import { describe, expect, it } from 'vitest';
import type { Channel, Network } from '../../../protocols/network.ts';
import { SimulatedHub } from '../../../protocols/simulated/hub.ts';
import type { LinkSettings } from '../../../protocols/simulated/links.ts';
import { sleep } from '../../../src/support/clock.ts';
import { isFailure } from '../../../src/support/errors.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

const PROTOCOL = '/test/1';
const OPTIONS = { maxMessageBytes: 2 ** 20 };

function world(settings: LinkSettings, seed = 1) {
  const clock = new VirtualClock();
  const hub = new SimulatedHub({ clock, random: seededRandom(seed) }, settings);
  return { clock, hub };
}

const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.catch((caught: unknown) => caught);
  return isFailure(error) ? error.code : error;
};

/** Two started networks, connected, with a channel from `a` to `b`. */
async function pair(hub: SimulatedHub): Promise<{ a: Network; b: Network; here: Channel; there: Channel }> {
  const [a, b] = [hub.network('a'), hub.network('b')];
  const served: Channel[] = [];
  b.handle(PROTOCOL, OPTIONS, (channel) => served.push(channel));
  await a.start();
  await b.start();
  await a.dial('/simulated/b');
  const here = await a.open('b', PROTOCOL, OPTIONS);
  return { a, b, here, there: served[0]! };
}

describe('simulated hub', () => {
  it('takes the latency there and back, and the time that the bytes take to leave', async () => {
    const { clock, hub } = world({ latencyMs: 50, bytesPerSecond: 1000 });
    await clock.run(
      (async () => {
        const { here, there } = await pair(hub);
        expect(clock.nowMs()).toBe(200);
        await here.send(new Uint8Array(500));
        await here.send(new Uint8Array(100));
        const arrivals: number[] = [];
        for await (const _message of there.messages()) if (arrivals.push(clock.nowMs()) === 2) break;
        expect(arrivals).toEqual([200 + 500 + 50, 200 + 600 + 50]);
      })(),
    );
  });

  it('keeps the order under jitter and replays from its seed', async () => {
    const arrivals = async (seed: number) => {
      const { clock, hub } = world({ latencyMs: 5, jitterMs: 50 }, seed);
      const seen: [number, number][] = [];
      await clock.run(
        (async () => {
          const { here, there } = await pair(hub);
          for (let index = 0; index < 50; index++) await here.send(Uint8Array.of(index));
          await here.close();
          for await (const message of there.messages()) seen.push([message[0]!, clock.nowMs()]);
        })(),
      );
      return seen;
    };
    const first = await arrivals(1);
    expect(first.map(([index]) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await arrivals(1)).toEqual(first);
    expect(await arrivals(2)).not.toEqual(first);
  });

  it('cuts a peer: its channels and connections are lost, also what was underway', async () => {
    const { clock, hub } = world({ latencyMs: 50 });
    await clock.run(
      (async () => {
        const { a, b, here, there } = await pair(hub);
        const events: string[] = [];
        a.onConnection((peer, connected) => events.push(`${peer} ${connected} ${clock.nowMs()}`));
        await there.send(Uint8Array.of(1));
        const lost = codeOf(here.messages()[Symbol.asyncIterator]().next());
        const opening = codeOf(a.open('b', PROTOCOL, OPTIONS));
        hub.cut('b');
        expect(b.connected.size).toBe(0);
        expect(await codeOf(there.send(Uint8Array.of(2)))).toBe('STREAM_CLOSED');
        expect(await lost).toBe('STREAM_CLOSED');
        expect(await opening).toBe('STREAM_CLOSED');
        expect(events).toEqual(['b false 250']);
        expect(await codeOf(a.dial('/simulated/b'))).toBe('JOIN_FAILED');
        expect(await codeOf(b.dial('/simulated/a'))).toBe('JOIN_FAILED');
      })(),
    );
  });

  it('fails a dial whose answer is lost, and forgets a dialler that is cut', async () => {
    const { clock, hub } = world({ latencyMs: 50 });
    await clock.run(
      (async () => {
        const [a, b] = [hub.network('a'), hub.network('b')];
        await a.start();
        await b.start();
        const dialling = codeOf(a.dial('/simulated/b'));
        await sleep(clock, 75);
        expect([...b.connected]).toEqual(['a']);
        hub.cut('b');
        expect(await dialling).toBe('JOIN_FAILED');

        const again = hub.network('b');
        await again.start();
        const cut = codeOf(a.dial('/simulated/b'));
        await sleep(clock, 75);
        hub.cut('a');
        await sleep(clock, 75);
        expect([...again.connected]).toEqual([]);
        expect(await cut).toBe('JOIN_FAILED');
      })(),
    );
  });

  it('lets a peer come back under its name, though news of its end are slow', async () => {
    const { clock, hub } = world({ latencyMs: 50, bytesPerSecond: 1000 });
    await clock.run(
      (async () => {
        const { a, b, there } = await pair(hub);
        const events: boolean[] = [];
        a.onConnection((_peer, connected) => events.push(connected));
        await there.send(new Uint8Array(1000));
        await b.stop();
        const again = hub.network('b');
        await again.start();
        expect(await codeOf(hub.network('b').start())).toBe('ADDRESS_UNAVAILABLE');
        await again.dial('/simulated/a');
        await sleep(clock, 5000);
        expect(events).toEqual([false, true]);
        expect([...a.connected]).toEqual(['b']);
        expect([...again.connected]).toEqual(['a']);
      })(),
    );
  });

  it('parts peers, connections and dials, until it joins them', async () => {
    const { clock, hub } = world({ latencyMs: 50 });
    await clock.run(
      (async () => {
        const { a, b, here, there } = await pair(hub);
        const c = hub.network('c');
        await c.start();
        await c.dial('/simulated/b');
        const sent = here.send(new Uint8Array(10));
        hub.part('a', 'stranger');
        await sent;
        expect(await codeOf(there.messages()[Symbol.asyncIterator]().next())).toBe('STREAM_CLOSED');
        expect([...a.connected, '|', ...b.connected]).toEqual(['|', 'c']);
        expect(await codeOf(a.dial('/simulated/b'))).toBe('JOIN_FAILED');
        expect(await codeOf(b.dial('/simulated/a'))).toBe('JOIN_FAILED');
        hub.part();
        await b.dial('/simulated/a');
        expect([...a.connected, '|', ...b.connected]).toEqual(['b', '|', 'c', 'a']);
      })(),
    );
  });

  it('delivers what was sent before a stop, and counts message bytes', async () => {
    const { clock, hub } = world({ latencyMs: 50, jitterMs: 20 });
    await clock.run(
      (async () => {
        const { a, b, here, there } = await pair(hub);
        await here.send(new Uint8Array(1000));
        await here.send(new Uint8Array(234));
        await a.stop();
        const sizes: number[] = [];
        for await (const message of there.messages()) sizes.push(message.byteLength);
        expect(sizes).toEqual([1000, 234]);
        expect(a.traffic()).toMatchObject({ bytesSent: 1234, bytesReceived: 0 });
        expect(b.traffic()).toMatchObject({ bytesSent: 0, bytesReceived: 1234 });
      })(),
    );
  });
});
