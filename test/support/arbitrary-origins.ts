import fc from 'fast-check';

export const peerNames = fc.stringMatching(/^[A-Za-z0-9-]{1,60}$/);
export const originKeys = fc.tuple(peerNames, fc.stringMatching(/^[0-9a-f]{16}$/)).map((parts) => parts.join('/'));
