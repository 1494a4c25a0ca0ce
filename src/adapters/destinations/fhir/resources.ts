import { createJsonContract, type JsonContract } from '../http/json-contract.ts';

/** Resources of FHIR R4 (hl7.org/fhir/R4) as far as they are used here. What else one holds is kept when it is written back. */
export interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

export interface Reference {
  readonly reference?: string;
  readonly display?: string;
}

interface Concept {
  readonly text?: string;
  readonly coding?: readonly { readonly system?: string; readonly code?: string; readonly display?: string }[];
}

interface Base {
  /** Given by the server. */
  readonly id?: string;
  readonly meta?: { readonly versionId?: string; readonly lastUpdated?: string };
  readonly identifier?: readonly Identifier[];
}

export interface Patient extends Base {
  readonly resourceType: 'Patient';
  readonly active?: boolean;
  readonly name?: readonly { readonly text?: string; readonly family?: string; readonly given?: readonly string[] }[];
  readonly telecom?: readonly { readonly system?: string; readonly value?: string }[];
}

export interface Slot extends Base {
  readonly resourceType: 'Slot';
  readonly schedule: Reference;
  readonly status: string;
  /** ISO 8601 with offset. */
  readonly start: string;
  readonly end: string;
}

export interface Appointment extends Base {
  readonly resourceType: 'Appointment';
  readonly status: string;
  readonly serviceType?: readonly Concept[];
  readonly description?: string;
  /** ISO 8601 with offset; absent in what is only proposed. */
  readonly start?: string;
  readonly end?: string;
  readonly slot?: readonly Reference[];
  readonly comment?: string;
  readonly participant: readonly { readonly actor?: Reference; readonly status: string }[];
}

export interface Task extends Base {
  readonly resourceType: 'Task';
  readonly status: string;
  readonly intent: string;
  readonly priority?: string;
  readonly code?: Concept;
  readonly description?: string;
  readonly for?: Reference;
  readonly authoredOn?: string;
  readonly note?: readonly { readonly text: string }[];
}

export interface Communication extends Base {
  readonly resourceType: 'Communication';
  readonly status: string;
  readonly medium?: readonly Concept[];
  readonly subject?: Reference;
  readonly topic?: Concept;
  readonly about?: readonly Reference[];
  readonly sent?: string;
  readonly payload?: readonly { readonly contentString?: string }[];
  readonly note?: readonly { readonly text: string }[];
}

export interface Schedule extends Base {
  readonly resourceType: 'Schedule';
  readonly actor: readonly Reference[];
}

export interface CapabilityStatement {
  readonly resourceType: 'CapabilityStatement';
  readonly fhirVersion: string;
  readonly rest?: readonly {
    readonly mode: string;
    readonly interaction?: readonly { readonly code: string }[];
    readonly resource?: readonly {
      readonly type: string;
      readonly interaction?: readonly { readonly code: string }[];
      readonly versioning?: string;
      readonly conditionalCreate?: boolean;
    }[];
  }[];
}

export interface Bundle {
  readonly resourceType: 'Bundle';
  readonly type: string;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly resource?: { readonly resourceType: string };
    readonly search?: { readonly mode?: string };
    readonly response?: { readonly status: string; readonly location?: string; readonly etag?: string };
  }[];
}

interface Resources {
  readonly Patient: Patient;
  readonly Slot: Slot;
  readonly Appointment: Appointment;
  readonly Task: Task;
  readonly Communication: Communication;
  readonly Schedule: Schedule;
}

export type ResourceType = keyof Resources;
export type Resource = Resources[ResourceType];
export type ResourceOf<T extends ResourceType> = Resources[T];
/** A resource as the server holds it. */
export type Stored<R extends Resource> = R & { readonly id: string };

const text = { type: 'string' } as const;
const listOf = (items: object): object => ({ type: 'array', items });
const withFields = (properties: Readonly<Record<string, object>>, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
});

const instant = { type: 'string', format: 'date-time' } as const;
const reference = withFields({ reference: text, display: text });
const concept = withFields({ text, coding: listOf(withFields({ system: text, code: text, display: text })) });
const note = listOf(withFields({ text }, ['text']));

function contractOf<T extends ResourceType>(
  resourceType: T,
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): JsonContract<Stored<ResourceOf<T>>> {
  const base = {
    resourceType: { const: resourceType },
    id: { type: 'string', pattern: '^[A-Za-z0-9\\-.]{1,64}$' },
    meta: withFields({ versionId: text, lastUpdated: text }),
    identifier: listOf(withFields({ system: text, value: text })),
  };
  return createJsonContract(
    `a ${resourceType} of the FHIR server`,
    withFields({ ...base, ...properties }, ['resourceType', 'id', ...required]),
  );
}

/** What is believed of each type; the id is the server's own and safe in addresses. */
export const CONTRACTS: { readonly [T in ResourceType]: JsonContract<Stored<ResourceOf<T>>> } = {
  Patient: contractOf('Patient', {
    active: { type: 'boolean' },
    name: listOf(withFields({ text, family: text, given: listOf(text) })),
    telecom: listOf(withFields({ system: text, value: text })),
  }),
  Slot: contractOf('Slot', { schedule: reference, status: text, start: instant, end: instant }, ['schedule', 'status', 'start', 'end']),
  Appointment: contractOf(
    'Appointment',
    {
      status: text,
      serviceType: listOf(concept),
      description: text,
      start: instant,
      end: instant,
      slot: listOf(reference),
      comment: text,
      participant: listOf(withFields({ actor: reference, status: text }, ['status'])),
    },
    ['status', 'participant'],
  ),
  Task: contractOf('Task', { status: text, intent: text, priority: text, description: text, for: reference, note }, ['status', 'intent']),
  Communication: contractOf(
    'Communication',
    { status: text, subject: reference, topic: concept, payload: listOf(withFields({ contentString: text })), note },
    ['status'],
  ),
  Schedule: contractOf('Schedule', { actor: listOf(reference) }, ['actor']),
};

/** A search result, or the answer to a transaction (hl7.org/fhir/R4/bundle.html). */
export const BUNDLE: JsonContract<Bundle> = createJsonContract(
  'the answer of the FHIR server',
  withFields(
    {
      resourceType: { const: 'Bundle' },
      type: text,
      link: listOf(withFields({ relation: text, url: text }, ['relation', 'url'])),
      entry: listOf(
        withFields({
          resource: withFields({ resourceType: text }, ['resourceType']),
          search: withFields({ mode: text }),
          response: withFields({ status: text, location: text, etag: text }, ['status']),
        }),
      ),
    },
    ['resourceType', 'type'],
  ),
);

/** What a server says it can do (hl7.org/fhir/R4/capabilitystatement.html). */
export const CAPABILITIES: JsonContract<CapabilityStatement> = createJsonContract(
  'the capability statement of the FHIR server',
  withFields(
    {
      resourceType: { const: 'CapabilityStatement' },
      fhirVersion: text,
      rest: listOf(
        withFields(
          {
            mode: text,
            interaction: listOf(withFields({ code: text }, ['code'])),
            resource: listOf(
              withFields(
                {
                  type: text,
                  interaction: listOf(withFields({ code: text }, ['code'])),
                  versioning: text,
                  conditionalCreate: { type: 'boolean' },
                },
                ['type'],
              ),
            ),
          },
          ['mode'],
        ),
      ),
    },
    ['resourceType', 'fhirVersion'],
  ),
);
