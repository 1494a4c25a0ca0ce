import { AppError } from '../../../base/app-error.ts';
import type { DestinationOptions } from '../../../ports/destination.ts';
import type { FhirClient } from './fhir-client.ts';
import { lookUp } from './lookup.ts';
import { TYPES, type FhirKind } from './record-forms.ts';
import type { CapabilityStatement, ResourceType } from './resources.ts';

/** R4, also as 4.3 (R4B), which changed none of the resources used here. */
const VERSION = /^4\.[03]\./;
/** Nothing was ever written under this key: a search for it that finds something does not look at identifiers. */
const UNUSED_KEY = 'v1.check.nothing';

type Server = NonNullable<CapabilityStatement['rest']>[number];

const lacking = (what: string): AppError => new AppError('destination_misbehaved', `the FHIR server ${what}`);

/** Types that are created under a condition; a slot is, where the practice's system lays out none. */
const createdTypes = (kinds: readonly FhirKind[]): readonly ResourceType[] => [
  ...kinds.map((kind) => TYPES[kind]),
  ...(kinds.includes('booking') ? (['Slot'] as const) : []),
];

function mustOffer(server: Server, type: ResourceType): void {
  const offered = server.resource?.find((resource) => resource.type === type);
  if (offered === undefined) throw lacking(`does not hold ${type}`);
  const interactions = (offered.interaction ?? []).map(({ code }) => code);
  const missing = ['create', 'update', 'search-type', 'read'].find((code) => !interactions.includes(code));
  if (missing !== undefined) throw lacking(`does not offer ${missing} for ${type}`);
  if (offered.conditionalCreate !== true) throw lacking(`does not offer conditional create for ${type}`);
  if (offered.versioning === 'no-version') throw lacking(`keeps no versions of ${type}`);
}

/**
 * Whether a server can hold records exactly once: what it declares, and that a search by identifier finds nothing where nothing is.
 * Throws `destination_unreachable`, `destination_unauthorized` or `destination_misbehaved`, naming what it lacks.
 */
export async function checkServer(client: FhirClient, kinds: readonly FhirKind[], options: DestinationOptions): Promise<void> {
  const statement = await client.capabilities(options);
  if (!VERSION.test(statement.fhirVersion)) throw lacking('does not speak FHIR R4');
  const server = statement.rest?.find(({ mode }) => mode === 'server');
  if (server === undefined) throw lacking('declares no service');
  const isTransactional = server.interaction?.some(({ code }) => code === 'transaction') ?? false;
  if (kinds.includes('booking') && !isTransactional) throw lacking('does not offer transactions');
  for (const type of createdTypes(kinds)) {
    mustOffer(server, type);
    await lookUp(client, type, UNUSED_KEY, options);
  }
}
