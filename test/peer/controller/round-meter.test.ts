import { expect, test } from 'vitest';
import { RoundMeter } from '../../../peer/controller/round-meter.ts';
import type { RoundOutput } from '../../../peer/replica/replica-host.ts';

const round: RoundOutput = {
  frame: { sequence: 1, bytes: new Uint8Array(200) },
  samples: 16,
  localSteps: 4,
  residueShare: 0.9,
  pendingMs: 500,
  loss: 1,
  lookahead: '',
  computeMs: 400,
  codecMs: 10,
  drifts: [],
};

/** One round of a peer among ten, in a second in which all together have published 1,000 bytes, and it 200 of them. */
function meterAfterOne(relays: boolean): RoundMeter {
  const sentByKind = { updates: 0, credit: 0, replica: 0, status: 0, hello: 0, upkeep: 0, transport: 0 };
  const inbox = { acceptedBytes: 5_000 };
  let bytesSent = 100;
  const network = {
    traffic: () => ({ bytesSent, bytesReceived: 0, sentByKind: { ...sentByKind, updates: bytesSent - 100 } }),
  };
  const meter = new RoundMeter({ network, inbox }, relays);
  meter.begin();
  meter.ended(round);
  bytesSent += 1_500;
  inbox.acceptedBytes += 1_000;
  return meter;
}

test('where updates are relayed, what would leave if all published alike is told', () => {
  expect(meterAfterOne(true).take(1_000, 0, 10).updateBytesPerSecond).toBe(3_000);
  expect(meterAfterOne(false).take(1_000, 0, 10).updateBytesPerSecond).toBe(1_500);
});

test('a correction weighs what was seen by the time that it stands for', () => {
  const [often, seldom] = [meterAfterOne(true), meterAfterOne(true)];
  for (let n = 0; n < 4; n++) often.correct(2, 500);
  expect(often.correct(2, 0)).toBeCloseTo(seldom.correct(2, 2_000), 12);
});

test('the first correction counts whole, but where what is relayed is yet to come', () => {
  expect(meterAfterOne(false).correct(2, 100)).toBe(2);
  expect(meterAfterOne(true).correct(2, 100)).toBeLessThan(1.1);
});
