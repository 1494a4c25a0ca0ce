import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { FhirClient } from './fhir-client.ts';
import { holdsKey, keyToken } from './identity.ts';
import type { ResourceOf, ResourceType, Stored } from './resources.ts';

/** What stands under a key. More than one is a conflict: a server that let it come to that cannot say which one counts. */
export type Lookup<R> =
  | { readonly type: 'none' }
  | { readonly type: 'one'; readonly resource: R }
  | { readonly type: 'several'; readonly first: R };

/**
 * Looks for what was written under a key. Throws `destination_misbehaved` when the server answers with resources of others: it does not
 * search by identifier, and nothing that it says about a key can be believed.
 */
export async function lookUp<T extends ResourceType>(
  client: FhirClient,
  type: T,
  key: string,
  options: DestinationOptions,
): Promise<Lookup<Stored<ResourceOf<T>>>> {
  const found = await client.search(type, [['identifier', keyToken(key)]], options);
  if (found.some((resource) => !holdsKey(resource, key))) {
    throw new AppError('destination_misbehaved', `the FHIR server does not search ${type} by identifier`);
  }
  const [first, ...others] = found;
  if (first === undefined) return { type: 'none' };
  return others.length > 0 ? { type: 'several', first } : { type: 'one', resource: first };
}
