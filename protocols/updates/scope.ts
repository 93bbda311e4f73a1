import type { PeerName } from '../../src/sum/origin.ts';

/** Places on the ring of names are 32-bit numbers. */
export const RING = 2 ** 32;

/** Places from `from` on up to before `to`, upwards and around; all of them where the two are equal. */
export interface Arc {
  readonly from: number;
  readonly to: number;
}

/** Whose updates a feed brings: those of the peers named, or of all whose places lie on an arc, but for those named. */
export type Scope = readonly PeerName[] | { readonly arc: Arc; readonly but: readonly PeerName[] };

/** Where a name lies on the ring: FNV-1a with the finalizer of MurmurHash3, so that like names lie far apart. */
export function placeOf(name: PeerName): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Steps from one place up to another. */
export function distance(from: number, to: number): number {
  return (to - from + RING) % RING;
}

export function isOnArc({ from, to }: Arc, place: number): boolean {
  return from === to || distance(from, place) < distance(from, to);
}

/** Of a peer; its place is found where it is not given. */
export type ScopeTest = (peer: PeerName, place?: number) => boolean;

/**
 * Whether a peer's updates are within a scope. `receiver` is never on its own arc: it has its updates before anybody.
 * What an earlier process of it published it asks for by name.
 */
export function scopeTest(scope: Scope, receiver: PeerName): ScopeTest {
  if (!('arc' in scope)) {
    const named = new Set(scope);
    return (peer) => named.has(peer);
  }
  const out = new Set([...scope.but, receiver]);
  return (peer, place = placeOf(peer)) => isOnArc(scope.arc, place) && !out.has(peer);
}

/** Whether two scopes of one receiver could both hold some peer, heard of or not. */
export function overlap(one: Scope, other: Scope, receiver: PeerName): boolean {
  if (!('arc' in one)) return someOf(one, scopeTest(other, receiver));
  if (!('arc' in other)) return someOf(other, scopeTest(one, receiver));
  return isOnArc(one.arc, other.arc.from) || isOnArc(other.arc, one.arc.from);
}

function someOf(names: readonly PeerName[], test: ScopeTest): boolean {
  return names.some((name) => test(name));
}

export function sameScope(one: Scope, other: Scope): boolean {
  if ('arc' in one !== 'arc' in other) return false;
  const [names, others] = ['arc' in one ? one.but : one, 'arc' in other ? other.but : other];
  if ('arc' in one && 'arc' in other && (one.arc.from !== other.arc.from || one.arc.to !== other.arc.to)) return false;
  return names.length === others.length && names.every((name, index) => name === others[index]);
}
