import { existsSync, readFileSync } from 'node:fs';

/** The package.json is one folder up from the sources, and two from the built files. */
const packageFile = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url))!;

/** This package's version. */
export const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;
