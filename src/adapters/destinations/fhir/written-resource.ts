import { AppError } from '../../../base/app-error.ts';
import type { WriteResult } from '../../../domain/writeback/answer.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { addressOf } from './fhir-client.ts';
import { CONTRACTS, type Resource, type ResourceOf, type ResourceType, type Stored } from './resources.ts';

/** Statuses of servers for a version that is not the current one, or for a search that finds several (hl7.org/fhir/R4/http.html). */
export const LOST_RACE: ReadonlySet<number> = new Set([409, 412]);

/** True for an answer that says that the write was done. */
export const isDone = ({ status, isHtml }: HttpAnswer): boolean => (status === 200 || status === 201) && !isHtml;

export function committed(resource: Stored<Resource>): WriteResult {
  const version = resource.meta?.versionId;
  return { type: 'committed', remoteId: addressOf(resource), etag: version === undefined ? null : `W/"${version}"` };
}

/** The resource that an answer carries; null for one without (Prefer is only a wish). Throws `destination_misbehaved` for anything else. */
export function carried<T extends ResourceType>(type: T, body: string): Stored<ResourceOf<T>> | null {
  if (body.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new AppError('destination_misbehaved', 'the answer of the FHIR server is not JSON', { cause });
  }
  const isOutcome = typeof value === 'object' && value !== null && 'resourceType' in value && value.resourceType === 'OperationOutcome';
  return isOutcome ? null : CONTRACTS[type].check(value);
}

/** The id in `https://host/fhir/Patient/123/_history/1`; null when the place is not of that type. */
export function idAt(type: ResourceType, location: string | null | undefined): string | null {
  return new RegExp(`(?:^|/)${type}/([A-Za-z0-9\\-.]{1,64})(?:$|/)`).exec(location ?? '')?.[1] ?? null;
}
