import { join } from 'node:path';
import { createCaldavDestination } from '../adapters/destinations/caldav/caldav.ts';
import { openDeliveryLog, type DeliveryLog } from '../adapters/destinations/delivery-log.ts';
import { createFhirDestination } from '../adapters/destinations/fhir/fhir.ts';
import { readMapping } from '../adapters/destinations/http/mapping.ts';
import { createHubspotDestination } from '../adapters/destinations/hubspot/hubspot.ts';
import { createMailDestination } from '../adapters/destinations/notice/mail.ts';
import { readSmsMapping } from '../adapters/destinations/notice/sms-mapping.ts';
import { createSmsDestination } from '../adapters/destinations/notice/sms.ts';
import { createOdooDestination } from '../adapters/destinations/odoo/odoo.ts';
import { createRestDestination } from '../adapters/destinations/rest/rest.ts';
import { readRestSystem } from '../adapters/destinations/rest/rest-system.ts';
import { createSalesforceDestination } from '../adapters/destinations/salesforce/salesforce.ts';
import { createServiceNowDestination } from '../adapters/destinations/servicenow/servicenow.ts';
import { createTrytonDestination } from '../adapters/destinations/tryton/tryton.ts';
import type { Clock } from '../base/clock.ts';
import { PROJECT_DIR, readSecret, type Config } from '../config/config.ts';
import type { DestinationConfig } from '../config/destinations-schema.ts';
import type { PracticeProfile } from '../domain/hours/practice.ts';
import type { Destination } from '../ports/destination.ts';
import type { Logger } from '../ports/logger.ts';
import { certificatesOf, fhirCredential, httpAccess, mailAccess, pathOf, secretOf } from './destination-access.ts';

export interface DestinationParts {
  readonly config: Config;
  /** Read at every use: a simulation may exchange it. */
  readonly practice: () => PracticeProfile;
  readonly clock: Clock;
  readonly log: Logger;
  /** Folder of what receivers that cannot be asked have acknowledged; null keeps it in memory, for whoever only looks. */
  readonly deliveriesDir: string | null;
}

type Closable = Destination & { readonly close?: () => Promise<void> | void };

/** The practice's calendar and every system of the configuration, each under its configured id; the inbox lives in the ledger's file. */
export interface Destinations {
  readonly calendar: Destination;
  /** The calendar among them. */
  readonly all: readonly Destination[];
  close(): Promise<void>;
}

/** What all systems with a mapping document are built from; the product's own document when the configuration names none. */
function mapped(parts: DestinationParts, one: { readonly type: string; readonly mapping?: string | undefined; readonly sandbox: boolean }) {
  const file = one.mapping === undefined ? join(PROJECT_DIR, 'config', 'mappings', `${one.type}.v1.json`) : pathOf(parts, one.mapping);
  return { mapping: readMapping(file), sandbox: one.sandbox, clock: parts.clock };
}

type Of<T extends DestinationConfig['type']> = DestinationConfig & { readonly type: T };

/** How each type of system is built from its part of the configuration. */
const BUILDERS: {
  readonly [T in DestinationConfig['type']]: (parts: DestinationParts, one: Of<T>, deliveries: () => DeliveryLog) => Closable;
} = {
  fhir: (parts, one) => {
    const { id, url, schedule, slots, sandbox } = one;
    const laidOut = slots === undefined ? {} : { slots };
    return createFhirDestination({
      id,
      access: { url, credential: fhirCredential(parts, one), ca: certificatesOf(parts, one) },
      schedule,
      ...laidOut,
      sandbox,
      practice: parts.practice,
      clock: parts.clock,
    });
  },
  tryton: (parts, one) => {
    const access = { url: one.url, user: one.user, password: secretOf(parts, one.passwordFile), ca: certificatesOf(parts, one) };
    return createTrytonDestination({ ...mapped(parts, one), id: one.id, access, desk: one.desk });
  },
  salesforce: (parts, one) => {
    const { url, clientId, user, audience } = one;
    const access = {
      url,
      clientId,
      user,
      privateKey: secretOf(parts, one.privateKeyFile),
      ca: certificatesOf(parts, one),
      ...(audience === undefined ? {} : { audience }),
    };
    return createSalesforceDestination({ ...mapped(parts, one), access, log: parts.log });
  },
  hubspot: (parts, one) => {
    const access = { url: one.url, token: secretOf(parts, one.tokenFile), ca: certificatesOf(parts, one) };
    return createHubspotDestination({ ...mapped(parts, one), access, log: parts.log });
  },
  servicenow: (parts, one) => {
    const auth = one.user === undefined ? ({ type: 'bearer' } as const) : ({ type: 'basic', user: one.user } as const);
    const access = { url: one.url, auth, credential: secretOf(parts, one.credentialFile), ca: certificatesOf(parts, one) };
    return createServiceNowDestination({ ...mapped(parts, one), access, keyIsUnique: one.keyIsUnique });
  },
  odoo: (parts, one) => {
    const { url, database, wire, login, partnerId } = one;
    const access = { url, database, wire, login, apiKey: secretOf(parts, one.apiKeyFile), ca: certificatesOf(parts, one) };
    const calendar = partnerId === null ? null : { partnerId, practice: parts.practice };
    return createOdooDestination({ ...mapped(parts, one), access, calendar });
  },
  rest: (parts, one, deliveries) => {
    const { clock, practice } = parts;
    const system = readRestSystem(pathOf(parts, one.mapping));
    return createRestDestination({
      system,
      access: httpAccess(parts, one),
      practice,
      clock,
      sandbox: one.sandbox,
      deliveries: deliveries(),
    });
  },
  sms: (parts, one, deliveries) => {
    const { clock } = parts;
    const mapping = readSmsMapping(pathOf(parts, one.mapping));
    return createSmsDestination({ mapping, access: httpAccess(parts, one), clock, sandbox: one.sandbox, deliveries: deliveries() });
  },
  mail: (parts, one, deliveries) => {
    const access = mailAccess(parts, one);
    return createMailDestination({ access, clock: parts.clock, sandbox: one.sandbox, rate: null, deliveries: deliveries() });
  },
};

function build<T extends DestinationConfig['type']>(parts: DestinationParts, one: Of<T>, deliveries: () => DeliveryLog): Closable {
  const builder = BUILDERS[one.type] as (parts: DestinationParts, one: Of<T>, deliveries: () => DeliveryLog) => Closable;
  return builder(parts, one, deliveries);
}

/** Builds every destination but the inbox; asks none of them. Throws `config_invalid` for a mapping document that is wrong. */
export function buildDestinations(parts: DestinationParts): Destinations {
  const { config, practice, clock } = parts;
  const password = (): string => readSecret(config.secrets.calendarPasswordFile);
  const access = { url: config.calendarUrl, user: config.calendar.user, password, ca: certificatesOf(parts, config.calendar) };
  const calendar = createCaldavDestination({ access, sandbox: config.calendar.sandbox, practice, clock });
  const logs: DeliveryLog[] = [];
  const others = config.destinations.map((one): Closable => {
    const deliveries = (): DeliveryLog => {
      const log = openDeliveryLog(parts.deliveriesDir === null ? null : join(parts.deliveriesDir, `deliveries-${one.id}.jsonl`));
      logs.push(log);
      return log;
    };
    return { ...build(parts, one, deliveries), id: one.id };
  });
  return {
    calendar,
    all: [calendar, ...others],
    close: async () => {
      await Promise.allSettled([calendar, ...others].map(async (one) => await one.close?.()));
      for (const log of logs) log.close();
    },
  };
}
