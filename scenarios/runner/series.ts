/** The most points kept of a curve: more than a chart can show, and a bound on a month-long run. */
export const MAX_POINTS = 4096;

/** A growing curve in bounded memory: when full, every second point goes, and from then on every second comes. */
export class Series<T> {
  readonly points: T[] = [];
  #stride = 1;
  #seen = 0;

  add(point: T): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.points.length === MAX_POINTS) {
      for (let kept = 1; 2 * kept < MAX_POINTS; kept++) this.points[kept] = this.points[2 * kept]!;
      this.points.length = MAX_POINTS / 2;
      this.#stride *= 2;
    }
    this.points.push(point);
  }
}
