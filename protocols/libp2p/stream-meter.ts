import type { Metrics, MultiaddrConnection, Stream } from '@libp2p/interface';
import type { TrafficMeter } from '../traffic.ts';

/** A metric of any form that keeps nothing. */
const ignored = {
  update: () => {},
  increment: () => {},
  decrement: () => {},
  observe: () => {},
  reset: () => {},
  timer: () => () => {},
};
const ignore = () => ignored;

/**
 * Tells a traffic meter what is sent on every stream of one node, gossip and libp2p's own included. A node's metrics
 * are the one place that hears of each stream once its protocol is agreed on; nothing else is measured here.
 */
export class StreamMeter implements Metrics {
  readonly #meter: TrafficMeter;

  constructor(meter: TrafficMeter) {
    this.#meter = meter;
  }

  trackProtocolStream(stream: Stream): void {
    const { protocol, direction } = stream;
    const send = stream.send.bind(stream);
    stream.send = (data) => {
      this.#meter.sent(protocol, direction === 'outbound', data.byteLength);
      return send(data);
    };
  }

  trackMultiaddrConnection(_connection: MultiaddrConnection): void {}

  readonly registerMetric = ignore;
  readonly registerMetricGroup = ignore;
  readonly registerCounter = ignore;
  readonly registerCounterGroup = ignore;
  readonly registerHistogram = ignore;
  readonly registerHistogramGroup = ignore;
  readonly registerSummary = ignore;
  readonly registerSummaryGroup = ignore;

  traceFunction<F>(_name: string, traced: F): F {
    return traced;
  }

  createTrace(): null {
    return null;
  }
}
