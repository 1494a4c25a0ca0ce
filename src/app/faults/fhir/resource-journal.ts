import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { MemoryRepository } from '@medplum/fhir-router';
import type { Resource } from '@medplum/fhirtypes';

/** What a server has written, on disk before it answers: a line for each request, so that a transaction is there wholly or not at all. */
export interface ResourceJournal {
  /** Fills a repository with what stands in the file, in its versions. */
  replay(repository: MemoryRepository): Promise<void>;
  /** Keeps the resources of an answer to a request that writes. */
  keep(answer: Resource): void;
}

const writtenIn = (answer: Resource): readonly Resource[] =>
  answer.resourceType === 'Bundle' ? (answer.entry ?? []).flatMap(({ resource }) => resource ?? []) : [answer];

function resourcesOf(line: string): readonly Resource[] {
  try {
    return JSON.parse(line) as Resource[];
  } catch {
    // Its writer was killed within the line, and has not answered.
    return [];
  }
}

/** A journal in the file at `path`. A killed process loses nothing of it; a machine without power may. */
export function createResourceJournal(path: string): ResourceJournal {
  return {
    replay: async (repository) => {
      if (!existsSync(path)) return;
      const lines = readFileSync(path, 'utf8').split('\n');
      await repository.withSeeding(async () => {
        for (const resource of lines.flatMap(resourcesOf)) await repository.createResource(resource, undefined, true);
      });
    },
    keep: (answer) => appendFileSync(path, `\n${JSON.stringify(writtenIn(answer))}`),
  };
}
