import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeDataFolder, openOwnFile } from '../../shared/data-folder.ts';

/**
 * The read model is a file of its own for each generation, `read-model-<generation>.db`, and a small file that names
 * the one in use. A new generation is made beside the old one and put in use by replacing the small file.
 */
const pointerName = 'read-model.current';
const generationPattern = /^read-model-([1-9][0-9]{0,14})\.db/;

const unfinished = '.building';

/** SQLite keeps up to three more files beside a database. */
const companions = ['', '-wal', '-shm', '-journal'];

export function generationPath(dataDir: string, generation: number): string {
  return join(dataDir, `read-model-${generation}.db`);
}

/** For ATTACH: opens the database for reading only. */
export function readOnlyUri(path: string): string {
  return `${pathToFileURL(path).href}?mode=ro`;
}

/** Where a generation is while it is built. */
export function unfinishedPath(dataDir: string, generation: number): string {
  return `${generationPath(dataDir, generation)}${unfinished}`;
}

/** Deletes what builds that ended early have left. */
export function removeUnfinished(dataDir: string): void {
  const left = readdirSync(dataDir).filter((name) => generationPattern.test(name) && name.endsWith(unfinished));
  for (const name of left) removeDatabase(join(dataDir, name));
}

/** The generation in use; undefined where there is none yet, or where the pointer cannot be understood. */
export function readPointer(dataDir: string): number | undefined {
  const path = join(dataDir, pointerName);
  if (!existsSync(path)) return undefined;
  const match = /^([1-9][0-9]{0,14})\n$/.exec(readFileSync(path, 'latin1'));
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** Changes whenever the pointer was replaced, without reading it. */
export function pointerStamp(dataDir: string): string {
  const stat = statSync(join(dataDir, pointerName), { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs}`;
}

/** Puts a generation in use, in one step: whoever looks, after a power cut too, finds the old one or the new one. */
export function writePointer(dataDir: string, generation: number): void {
  const path = join(dataDir, pointerName);
  const temporary = `${path}.tmp`;
  const file = openOwnFile(temporary, 'write');
  try {
    writeSync(file, `${generation}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dataDir);
}

export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** A number above every generation that this folder ever showed, those set aside too. */
export function nextGeneration(dataDir: string): number {
  return Math.max(0, readPointer(dataDir) ?? 0, ...generationsIn(dataDir)) + 1;
}

/** Generations that have a file here, older than the given one. */
export function olderGenerations(dataDir: string, generation: number): number[] {
  return generationsIn(dataDir).filter((one) => one < generation && existsSync(generationPath(dataDir, one)));
}

function generationsIn(dataDir: string): number[] {
  makeDataFolder(dataDir);
  const found = readdirSync(dataDir).map((name) => Number(generationPattern.exec(name)?.[1]));
  return [...new Set(found.filter((generation) => !Number.isNaN(generation)))];
}

/** An empty file for SQLite to make a database of. Throws where there is something of this name. */
export function makeDatabaseFile(path: string): void {
  closeSync(openOwnFile(path, 'make'));
}

export function removeDatabase(path: string): void {
  for (const suffix of companions) rmSync(`${path}${suffix}`, { force: true });
}

/** Renames a database that cannot be used, so that somebody can look at it. Returns its new path. */
export function setAside(path: string): string {
  let number = 1;
  while (existsSync(`${path}.unusable-${number}`)) number += 1;
  const aside = `${path}.unusable-${number}`;
  for (const suffix of companions) {
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  }
  rmSync(damageMark(path), { force: true });
  return aside;
}

export function markDamage(path: string): void {
  closeSync(openOwnFile(damageMark(path), 'write'));
}

/** A reader that meets a damaged page leaves this file beside the database; the writer then starts a new generation. */
export function damageMark(path: string): string {
  return `${path}.damaged`;
}
