import { type Figure, renderFigure, wide } from '../report/figure.ts';

/** A figure as an SVG file on paper of its own: a page that shows it as an image lends it no colours. */
export function standAlone(figure: Figure): string {
  const style = 'background: #fff; color: #1c2330; font: 12px system-ui, sans-serif';
  return `${renderFigure(figure, wide)!.replace('<svg ', `<svg xmlns="http://www.w3.org/2000/svg" style="${style}" `)}\n`;
}

/** In Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
