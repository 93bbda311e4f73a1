import type { VirtualSwarmComponents } from '../simulated/virtual-swarm.ts';
import type { Subject } from './draw-swarm.ts';

/** What the swarms of a campaign train, and by what. */
export interface Laboratory {
  readonly components: VirtualSwarmComponents;
  readonly subject: Subject;
}
