import { type PlantedBug, plantedBugs } from './catalogue.ts';

/** Modules asked for as `<path>?planted=<number of the bug>` come with that bug in them. */
export const plantedBugsPlugin = {
  name: 'planted-bugs',
  enforce: 'pre' as const,
  transform(code: string, id: string): string | undefined {
    const [path, number] = id.split('?planted=');
    return number === undefined ? undefined : planted(code, path!, plantedBugs[Number(number)]!);
  },
};

function planted(code: string, path: string, { name, changes }: PlantedBug): string {
  return changes
    .filter((change) => path.endsWith(change.path))
    .reduce((text, { sound, broken }) => {
      const pieces = text.split(sound);
      if (pieces.length !== 2) throw new Error(`${name}: "${sound}" is ${pieces.length - 1} times in ${path}`);
      return pieces.join(broken);
    }, code);
}
