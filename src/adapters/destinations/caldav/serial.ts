export { createSerial } from '../http/serial.ts';
