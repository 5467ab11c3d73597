// What the chat says itself, in both languages.

export type ChatLanguage = "es" | "en";

export const WORDS = {
  open: { en: "Chat with us", es: "Escríbanos" },
  title: { en: "Chat with {company}", es: "Chat con {company}" },
  close: { en: "Hide the chat", es: "Ocultar el chat" },
  notice: {
    en: "You write with an automatic assistant first; you can ask for a person at any time. What you write is kept for {days} days.",
    es: "Primero le contesta un asistente automático; puede pedir una persona cuando quiera. Lo que escriba se guarda {days} días.",
  },
  noticeFeels: {
    en: "From your words it is estimated how you feel; write “don't judge my mood” to switch it off.",
    es: "Por sus palabras se estima cómo se siente; escriba «no analice mi ánimo» para que no se haga.",
  },
  empty: { en: "How can we help you?", es: "¿En qué podemos ayudarle?" },
  message: { en: "Your message", es: "Su mensaje" },
  placeholder: { en: "Write here…", es: "Escriba aquí…" },
  send: { en: "Send", es: "Enviar" },
  file: { en: "Save {name}", es: "Guardar {name}" },
  attach: { en: "Attach files", es: "Adjuntar archivos" },
  files: { en: "Files that go with your message", es: "Archivos que van con su mensaje" },
  leaveOut: { en: "Leave out {name}", es: "Quitar {name}" },
  fileComing: { en: "{name}: {percent} %", es: "{name}: {percent} %" },
  fileReady: { en: "{name}: ready to send", es: "{name}: listo para enviar" },
  filesCome: { en: "Please wait until the files are here.", es: "Espere a que lleguen los archivos." },
  fileBadType: {
    en: "{name} cannot be sent. These files can, if they are what they say: {kinds}.",
    es: "{name} no se puede enviar. Estos archivos sí, si son lo que dicen: {kinds}.",
  },
  fileTooLarge: { en: "{name} is larger than {mb} MB.", es: "{name} tiene más de {mb} MB." },
  fileEmpty: { en: "{name} is empty.", es: "{name} está vacío." },
  filesTooMany: {
    en: "{name} is one too many: a message may have {most} files.",
    es: "{name} ya no cabe: un mensaje puede llevar {most} archivos.",
  },
  filesTooOften: {
    en: "{name} was not taken: many files came within an hour. Try again in {minutes} min.",
    es: "{name} no se ha recibido: han llegado muchos archivos en una hora. Inténtelo dentro de {minutes} min.",
  },
  fileFailed: { en: "{name} could not be sent; choose it again.", es: "No se ha podido enviar {name}; elíjalo otra vez." },
  fileLost: {
    en: "{name} was not here yet when the page was loaded again; choose it again.",
    es: "{name} no había llegado cuando se volvió a cargar la página; elíjalo otra vez.",
  },
  fileGone: { en: "a file is not here any more; attach it again.", es: "falta un archivo; adjúntelo otra vez." },
  you: { en: "You", es: "Usted" },
  bot: { en: "Assistant (automatic)", es: "Asistente (automático)" },
  agent: { en: "{name}, colleague", es: "{name}, del equipo" },
  typingBot: { en: "The assistant is writing…", es: "El asistente está escribiendo…" },
  typingAgent: { en: "{name} is writing…", es: "{name} está escribiendo…" },
  waiting: { en: "We are looking for a colleague…", es: "Buscamos a una persona del equipo…" },
  position: {
    en: "You are number {position} in the queue.",
    es: "Es usted el número {position} de la cola.",
  },
  expected: { en: "About {minutes} min to wait.", es: "Unos {minutes} min de espera." },
  withAgent: { en: "You are writing with {name}.", es: "Le atiende {name}." },
  withBot: { en: "The automatic assistant answers.", es: "Contesta el asistente automático." },
  withNobody: { en: "A colleague will answer you here.", es: "Una persona del equipo le contestará aquí." },
  peopleBack: { en: "Our colleagues are back {when}.", es: "Nuestros compañeros vuelven {when}." },
  peopleOut: { en: "Our colleagues are not in at this hour.", es: "A esta hora no están nuestros compañeros." },
  meanwhile: {
    en: "Meanwhile the automatic assistant answers, and you can leave them a message.",
    es: "Mientras tanto contesta el asistente automático, y puede dejarles un mensaje.",
  },
  closed: { en: "This conversation is over. Write to go on.", es: "La conversación ha terminado. Escriba para seguir." },
  agent_entered: { en: "{name} has joined.", es: "{name} se ha incorporado." },
  agent_went_out: { en: "{name} has left.", es: "{name} ha salido." },
  noteClosed: { en: "The conversation is over.", es: "La conversación ha terminado." },
  reopened: { en: "The conversation goes on.", es: "La conversación continúa." },
  sending: { en: "Not sent yet", es: "Sin enviar todavía" },
  notSent: { en: "Not sent: {why}", es: "No se ha enviado: {why}" },
  again: { en: "Send again", es: "Enviar otra vez" },
  drop: { en: "Discard", es: "Descartar" },
  offline: {
    en: "No connection. What you write is kept and sent as soon as it is back.",
    es: "Sin conexión. Lo que escriba se guarda y se envía en cuanto vuelva.",
  },
  refused: { en: "The chat is not available on this page.", es: "El chat no está disponible en esta página." },
  tooLong: { en: "it is longer than {most} characters.", es: "tiene más de {most} caracteres." },
  tooFast: { en: "that was a lot at once; please wait {seconds} s.", es: "ha sido mucho de golpe; espere {seconds} s." },
  otherWhy: { en: "please try again in a moment.", es: "inténtelo otra vez en un momento." },
  call: { en: "Call us", es: "Llámenos" },
  callHint: { en: "Call us from this page (opens a new window)", es: "Llámenos desde esta página (abre otra ventana)" },
  large: { en: "Large text", es: "Texto grande" },
  end: { en: "End the chat", es: "Terminar el chat" },
  unread: { en: "{n} unread messages", es: "{n} mensajes sin leer" },
  messages: { en: "Conversation", es: "Conversación" },
  at: { en: "at {time}", es: "a las {time}" },
} as const;

export type Word = keyof typeof WORDS;

export function word(language: ChatLanguage, name: Word, values: Readonly<Record<string, string | number>> = {}): string {
  return WORDS[name][language].replace(/\{(\w+)\}/g, (_whole, key: string) => String(values[key] ?? ""));
}
