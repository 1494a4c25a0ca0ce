import { startFhirServer } from './fhir-server.ts';

/** The FHIR server in a process of its own, to be killed: `fhir-server-process.ts PORT FILE`; what it writes stands in FILE. */
const [port = '', file = ''] = process.argv.slice(2);
await startFhirServer({ port: Number(port), keptIn: file });
