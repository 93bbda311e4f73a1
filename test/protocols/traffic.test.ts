import { expect, test } from 'vitest';
import { TrafficMeter, trafficKinds } from '../../protocols/traffic.ts';

test('every protocol has its kind, by name and by who opened the channel', () => {
  const meter = new TrafficMeter();
  meter.sent('/murmuration/updates/2', false, 1);
  meter.sent('/murmuration/updates/2', true, 2);
  meter.sent('/murmuration/replica/1', false, 4);
  meter.sent('/murmuration/replica/2', true, 8);
  meter.sent('/murmuration/hello/1', false, 16);
  meter.sent('/meshsub/1.2.0', true, 32);
  meter.sent('/ipfs/id/1.0.0', false, 64);
  meter.sent('/murmuration/transport/1', false, 128);
  const told = { updates: 1, credit: 2, replica: 12, hello: 16, status: 32, upkeep: 64 + 128 };
  expect(meter.sentByKind(1000)).toEqual({ ...told, transport: 1000 - 255 });
  expect(Object.keys(meter.sentByKind(1000))).toEqual([...trafficKinds]);
});

test('what has not passed a socket yet leaves the transport nothing, never less', () => {
  const meter = new TrafficMeter();
  meter.sent('/murmuration/updates/2', false, 500);
  expect(meter.sentByKind(400)).toMatchObject({ updates: 500, transport: 0 });
});
