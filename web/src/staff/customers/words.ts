// Sentences about customers: their record, needs, cases, duplicates, and what went wrong.

import { type Said, say } from "../../shared/language";
import { Refused } from "../api";
import { sentenceOf } from "../forms";

export const CUSTOMER = {
  title: { en: "Customers", es: "Clientes" },
  lead: {
    en: "Look for somebody by number, address, name, or words that were said or written.",
    es: "Busque por número, dirección, nombre o palabras dichas o escritas.",
  },
  customer: { en: "Customer", es: "Cliente" },
  nameless: { en: "Customer without a name", es: "Cliente sin nombre" },
  noCustomer: { en: "Nobody that is known yet.", es: "Todavía nadie conocido." },
  openRecord: { en: "Open the record", es: "Abrir la ficha" },
  notFound: {
    en: "There is no such record, or the person was erased. Look for somebody else.",
    es: "No hay tal ficha, o se borró a la persona. Busque a otra.",
  },
  contact: { en: "This contact", es: "Este contacto" },

  find: { en: "Look for a customer", es: "Buscar un cliente" },
  findLabel: { en: "Number, address, name or words", es: "Número, dirección, nombre o palabras" },
  findGo: { en: "Search", es: "Buscar" },
  findNothing: {
    en: "Nobody was found. Try the number without blanks, or another word.",
    es: "No se encontró a nadie. Pruebe con el número sin espacios o con otra palabra.",
  },
  findFirst: { en: "Type what to look for first.", es: "Escriba primero qué buscar." },
  found: { en: "{count} found", es: "Encontrados: {count}" },
  mayBe: { en: "It may be one of these; ask who it is.", es: "Puede ser una de estas personas; pregunte quién es." },
  isThis: { en: "It is {name}", es: "Es {name}" },
  isNot: { en: "It is somebody else", es: "Es otra persona" },
  isNotDone: { en: "This contact is nobody's again.", es: "Este contacto vuelve a no ser de nadie." },
  linkedDone: { en: "The contact is theirs now.", es: "El contacto ya es suyo." },
  newRecord: { en: "Open a new record", es: "Crear una ficha" },
  newName: { en: "Name of the customer", es: "Nombre del cliente" },
  newFirst: { en: "Type the name first.", es: "Escriba primero el nombre." },
  newDone: { en: "The record is open.", es: "La ficha está creada." },

  verification: { en: "Verified", es: "Verificación" },
  needs: { en: "Needs and wishes", es: "Necesidades y preferencias" },
  needsNone: { en: "None are known.", es: "No se conoce ninguna." },
  needsChange: { en: "Change needs and wishes", es: "Cambiar necesidades y preferencias" },
  needsKeep: { en: "Keep", es: "Guardar" },
  needsDone: { en: "Needs and wishes are kept.", es: "Necesidades y preferencias guardadas." },
  nothingChanged: { en: "Nothing was changed.", es: "No se cambió nada." },
  hoursHint: { en: "For instance: weekdays from 9 to 14", es: "Por ejemplo: laborables de 9 a 14" },
  hoursLong: { en: "Say the hours in at most 120 characters.", es: "Diga el horario en 120 caracteres como mucho." },
  any: { en: "No wish", es: "Sin preferencia" },
  undo: { en: "Undo", es: "Deshacer" },

  cases: { en: "Cases", es: "Asuntos" },
  none: { en: "None so far", es: "Ninguno hasta ahora" },
  thisContact: { en: "this contact", es: "este contacto" },
  addContact: { en: "This contact is about it", es: "Este contacto trata de ello" },
  addContactDone: { en: "The contact is part of the case.", es: "El contacto forma parte del asunto." },
  status: { en: "How it stands", es: "Cómo está" },
  statusSet: { en: "Set", es: "Cambiar" },
  statusDone: { en: "The case is: {status}.", es: "El asunto está: {status}." },
  caseNote: { en: "Note on the case", es: "Nota del asunto" },
  noteAdd: { en: "Write it down", es: "Anotar" },
  noteDone: { en: "It is written down.", es: "Anotado." },
  noteFirst: { en: "Write something first.", es: "Escriba algo primero." },
  tooLong: {
    en: "That is too long: {count} characters at most. Shorten it.",
    es: "Es demasiado largo: {count} caracteres como mucho. Acórtelo.",
  },
  caseOpen: { en: "Open a case", es: "Abrir un asunto" },
  caseSubject: { en: "What it is about", es: "De qué trata" },
  caseFirst: { en: "Say what the case is about first.", es: "Diga primero de qué trata el asunto." },
  caseDone: { en: "The case is open.", es: "El asunto está abierto." },

  changes: { en: "What was changed", es: "Qué se ha cambiado" },
  changesOlder: { en: "Older changes", es: "Cambios anteriores" },
  changesFailed: { en: "It could not be read. Close and open this again.", es: "No se ha podido leer. Cierre y abra esto otra vez." },
  changeWhen: { en: "When", es: "Cuándo" },
  changeWho: { en: "Who", es: "Quién" },
  changeWhat: { en: "What", es: "Qué" },
  timeline: { en: "Contacts so far", es: "Contactos anteriores" },
  older: { en: "Show older ones", es: "Mostrar anteriores" },
  notes: { en: "Notes", es: "Notas" },
  note: { en: "Note about the customer", es: "Nota sobre el cliente" },
  by: { en: "by {who}", es: "de {who}" },

  pairs: { en: "Perhaps the same person", es: "Quizá la misma persona" },
  pairsAll: { en: "Records that may be one person", es: "Fichas que pueden ser de una persona" },
  pairsNone: { en: "No record looks like another.", es: "Ninguna ficha se parece a otra." },
  pairAsk: {
    en: "Ask the customer before you join. A shared telephone proves nothing.",
    es: "Pregunte al cliente antes de unir. Un teléfono compartido no prueba nada.",
  },
  and: { en: "{one} and {other}", es: "{one} y {other}" },
  compare: { en: "Look at the other record", es: "Ver la otra ficha" },
  accept: { en: "Same person: join", es: "Misma persona: unir" },
  dismiss: { en: "Not the same person", es: "No es la misma persona" },
  accepted: { en: "The records are joined; it can be taken back.", es: "Fichas unidas; se puede deshacer." },
  dismissed: {
    en: "Noted: two persons. It is proposed again only for a new reason.",
    es: "Anotado: dos personas. Solo se volverá a proponer por un motivo nuevo.",
  },
  joined: { en: "Joined records", es: "Fichas unidas" },
  joinedWhen: { en: "joined {when}", es: "unidas {when}" },
  part: { en: "Part the records", es: "Separar las fichas" },
  partWhy: { en: "Why they are two persons", es: "Por qué son dos personas" },
  partTells: {
    en: "Each record gets back what is its own; nothing is lost.",
    es: "Cada ficha recupera lo suyo; no se pierde nada.",
  },
  parted: { en: "The records are two persons again.", es: "Las fichas vuelven a ser de dos personas." },
  joinOther: { en: "Join with another record", es: "Unir con otra ficha" },

  related: { en: "What happened before", es: "Lo ocurrido antes" },
} as const satisfies Readonly<Record<string, Said>>;

/** Lasting needs that are there or not, in the order of the form. */
export const SWITCHES: Readonly<Record<string, Said>> = {
  slower: { en: "Speak slowly", es: "Hablar despacio" },
  more_time: { en: "Give more time", es: "Dar más tiempo" },
  keypad: { en: "Keypad instead of speech", es: "Teclado en vez de voz" },
  large_text: { en: "Large text", es: "Letra grande" },
  vip: { en: "Priority customer", es: "Cliente preferente" },
  do_not_contact: { en: "Do not contact", es: "No contactar" },
};

export const WISHES = {
  language: { en: "Preferred language", es: "Idioma preferido" },
  channel: { en: "Preferred channel", es: "Canal preferido" },
  hours: { en: "When to reach them", es: "Cuándo se le encuentra" },
} as const satisfies Readonly<Record<string, Said>>;

/** The channels that a customer may prefer. Source: `CHANNELS` of `customers/wishes.py`. */
export const CHANNELS: Readonly<Record<string, Said>> = {
  phone: { en: "Telephone", es: "Teléfono" },
  chat: { en: "Chat", es: "Chat" },
  email: { en: "E-mail", es: "Correo" },
  sms: { en: "SMS", es: "SMS" },
  whatsapp: { en: "WhatsApp", es: "WhatsApp" },
  social: { en: "Social network", es: "Red social" },
};

export const STATUSES: Readonly<Record<string, Said>> = {
  open: { en: "open", es: "abierto" },
  waiting_for_customer: { en: "waiting for the customer", es: "esperando al cliente" },
  waiting_for_us: { en: "waiting for us", es: "esperando a nosotros" },
  solved: { en: "solved", es: "resuelto" },
};

export const KINDS: Readonly<Record<string, Said>> = {
  call: { en: "Call", es: "Llamada" },
  conversation: { en: "Messages", es: "Mensajes" },
  note: { en: "Note", es: "Nota" },
  case_opened: { en: "Case opened", es: "Asunto abierto" },
  case_status: { en: "Case", es: "Asunto" },
  case_note: { en: "Note on a case", es: "Nota de asunto" },
  verified: { en: "Verification", es: "Verificación" },
  joined: { en: "Records joined", es: "Fichas unidas" },
  parted: { en: "Records parted", es: "Fichas separadas" },
};

export const LEVELS: Readonly<Record<string, Said>> = {
  none: { en: "not verified", es: "sin verificar" },
  caller_id: { en: "by caller id only, which can be forged", es: "solo por el número, que se puede falsificar" },
  knowledge: { en: "by something they know", es: "por algo que sabe" },
  one_time_code: { en: "by a one-time code", es: "por un código de un solo uso" },
  staff: { en: "by staff", es: "por el personal" },
};

/** What went wrong and what to do about it, by the service's code. */
export const REFUSALS: Readonly<Record<string, Said>> = {
  "customer.unknown": {
    en: "This record is not there any more; the person may have been erased. Load the page again.",
    es: "Esta ficha ya no está; puede que se borrara a la persona. Vuelva a cargar la página.",
  },
  "customer.same": {
    en: "These two records are one person already; nothing has to be done.",
    es: "Estas dos fichas ya son de una persona; no hay nada que hacer.",
  },
  "join.unknown": {
    en: "Somebody else has decided this meanwhile; look at the record as it is now.",
    es: "Mientras tanto lo ha decidido otra persona; mire la ficha como está ahora.",
  },
  "case.unknown": {
    en: "This case is not there any more. Load the page again.",
    es: "Este asunto ya no está. Vuelva a cargar la página.",
  },
  "preference.invalid": {
    en: "A wish cannot be kept as it was typed. Choose one of the list; hours take 120 characters.",
    es: "No se puede guardar tal como se escribió. Elija de la lista; el horario admite 120 caracteres.",
  },
  "identifier.invalid": {
    en: "That is no number or address that can be kept. Look at it again.",
    es: "No es un número o una dirección que se pueda guardar. Revíselo.",
  },
  "staff.role": {
    en: "Your role may not do this. Ask a supervisor.",
    es: "Su función no lo permite. Pídaselo a un supervisor.",
  },
};

const INVALID: Said = {
  en: "That cannot be kept: something is empty, too long or of an unknown kind. Look at what you typed.",
  es: "No se puede guardar: algo está vacío, es demasiado largo o de tipo desconocido. Revise lo escrito.",
};

/** What went wrong with a customer's record, in the page's language. */
export function refusalOf(error: unknown): string {
  if (!(error instanceof Refused)) return sentenceOf(error);
  const known = REFUSALS[error.code];
  if (known) return say(known);
  if (error.status === 404) return say(CUSTOMER.notFound);
  return error.status === 422 ? say(INVALID) : sentenceOf(error);
}
