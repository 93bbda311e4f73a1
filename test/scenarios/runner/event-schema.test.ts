import { expect, test } from 'vitest';
import { peerEventSchema } from '../../../scenarios/runner/event-schema.ts';

const progress = {
  round: 1,
  samples: 2,
  swarmSamples: 3,
  samplesPerSecond: 4,
  loss: 5,
  accuracy: null,
  latentAccuracy: null,
  bytesSent: 6,
  bytesReceived: 7,
  updateAgeSeconds: null,
  published: 8,
  applied: {},
  members: 9,
  lookahead: 'auto',
};
const footprint = {
  sentByKind: { updates: 1, credit: 2, replica: 3, status: 4, hello: 5, upkeep: 6, transport: 7 },
  publishedBytes: 1,
  publishedPayloadBytes: 1,
  logBytes: 1,
  connections: 3,
  feeds: 2,
  memory: { rssBytes: 1, heapUsedBytes: 1, externalBytes: 1 },
};
const read = (more: object) =>
  peerEventSchema.safeParse({ type: 'progress', atMs: 1, peer: 'a', progress: { ...progress, ...more } });

test('progress is taken with a footprint, without memory, and from a peer that tells none', () => {
  expect(read({ footprint }).data).toMatchObject({ progress: { footprint } });
  expect(read({ footprint: { ...footprint, memory: null } }).data).toMatchObject({ progress: { bytesSent: 6 } });
  expect(read({}).data).toMatchObject({ progress: { bytesSent: 6, footprint: null } });
});

test('a footprint that lacks a kind, or counts below nothing, is refused', () => {
  const { transport: _, ...lacking } = footprint.sentByKind;
  expect(read({ footprint: { ...footprint, sentByKind: lacking } }).success).toBe(false);
  expect(read({ footprint: { ...footprint, logBytes: -1 } }).success).toBe(false);
});

test('a decision of the controller is taken as it was told, and not without its reason', () => {
  const tuned = {
    type: 'tuned',
    atMs: 1,
    peer: 'a',
    localSteps: 8,
    partitions: 4,
    density: 0.02,
    reason: 'queue',
    allowedBytesPerSecond: 1_000,
    sentBytesPerSecond: 1_400,
    ageSeconds: 0.5,
    residueShare: 0.9,
  };
  expect(peerEventSchema.parse(tuned)).toEqual(tuned);
  expect(peerEventSchema.safeParse({ ...tuned, reason: 'whim' }).success).toBe(false);
});
