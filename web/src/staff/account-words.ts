// Sentences about signing in, accounts and who did what.

import type { Said } from "../shared/language";

export const ACCOUNT = {
  signIn: { en: "Sign in", es: "Iniciar sesión" },
  signInLead: { en: "To the desk of the contact centre.", es: "En el puesto del centro de contacto." },
  name: { en: "Name", es: "Nombre de usuario" },
  password: { en: "Password", es: "Contraseña" },
  showPassword: { en: "Show password", es: "Mostrar la contraseña" },
  forgotten: {
    en: "Forgotten? An admin gives you a new one.",
    es: "¿La ha olvidado? Un administrador le da otra.",
  },
  noAccount: { en: "Nobody has an account yet", es: "Todavía nadie tiene cuenta" },
  noAccountTodo: {
    en: "Make the first account where the service runs, or open the pages with a link that works once:",
    es: "Cree la primera cuenta donde funciona el servicio, o abra las páginas con un enlace que sirve una sola vez:",
  },
  wrong: {
    en: "This name and this password do not belong together.",
    es: "Este nombre y esta contraseña no corresponden.",
  },
  tooMany: {
    en: "There were too many wrong passwords. Try again in {time}.",
    es: "Ha habido demasiadas contraseñas incorrectas. Vuelva a intentarlo en {time}.",
  },
  unreachable: { en: "The service cannot be reached.", es: "No se puede llegar al servicio." },
  failed: { en: "That did not work.", es: "No ha funcionado." },
  weak: {
    en: "Choose another password: at least 12 characters, no common word, no name, no row of keys. Some words that do not belong together are good.",
    es: "Elija otra contraseña: al menos 12 caracteres, ninguna palabra común, ningún nombre, ninguna fila de teclas. Sirven bien unas palabras que no tengan que ver entre sí.",
  },
  passwordHint: {
    en: "At least 12 characters, for example some words that do not belong together.",
    es: "Al menos 12 caracteres, por ejemplo unas palabras que no tengan que ver entre sí.",
  },
  different: { en: "The two new passwords are different.", es: "Las dos contraseñas nuevas son distintas." },
  taken: {
    en: "This name is somebody's, or was: names are not given twice.",
    es: "Este nombre es de alguien, o lo fue: no se da dos veces.",
  },
  badName: {
    en: "A name has 2 to 32 small letters, digits and . _ - and begins with a letter.",
    es: "El nombre tiene de 2 a 32 letras minúsculas, cifras y . _ -, y empieza por letra.",
  },
  badProfile: {
    en: "One of these cannot be kept: skills are single words; a telephone is a number, sip:… or phone:NAME.",
    es: "Algo no se puede guardar: cada competencia es una sola palabra; el teléfono es un número, sip:… o phone:NOMBRE.",
  },
  lastAdmin: { en: "This is the only admin: make another one first.", es: "Es el único administrador: cree antes otro." },

  mustChange: { en: "Choose your own password", es: "Elija su propia contraseña" },
  mustChangeLead: {
    en: "Somebody else made the one that you have. Nothing else opens before it is changed.",
    es: "La que tiene la creó otra persona. Nada más se abre hasta que la cambie.",
  },
  current: { en: "Current password", es: "Contraseña actual" },
  wanted: { en: "New password", es: "Contraseña nueva" },
  again: { en: "New password again", es: "Contraseña nueva otra vez" },
  change: { en: "Change password", es: "Cambiar la contraseña" },
  changed: {
    en: "Your password was changed; your other sessions are closed.",
    es: "Su contraseña ha cambiado; sus otras sesiones están cerradas.",
  },

  account: { en: "Account", es: "Cuenta" },
  own: { en: "Your account", es: "Su cuenta" },
  accountOf: { en: "Account of {name}", es: "Cuenta de {name}" },
  profile: { en: "Profile", es: "Perfil" },
  profileLead: {
    en: "Admins change this. Calls find you by it.",
    es: "Lo cambian los administradores. Por él le llegan las llamadas.",
  },
  displayName: { en: "Name that others see", es: "Nombre que ven los demás" },
  role: { en: "Role", es: "Función" },
  languages: { en: "Languages", es: "Idiomas" },
  skills: { en: "Skills", es: "Competencias" },
  skillsHint: { en: "With commas, for example billing, outages", es: "Con comas, por ejemplo facturas, averias" },
  phone: { en: "Telephone", es: "Teléfono" },
  phoneHint: {
    en: "A number, sip:… or phone:NAME; empty: in the browser",
    es: "Un número, sip:… o phone:NOMBRE; vacío: en el navegador",
  },
  inBrowser: { en: "in the browser", es: "en el navegador" },
  none: { en: "none", es: "ninguna" },
  sessions: { en: "Sessions", es: "Sesiones" },
  sessionsLead: {
    en: "A session lasts twelve hours. Sign out everywhere if a device is lost.",
    es: "Una sesión dura doce horas. Cierre todas si pierde un dispositivo.",
  },
  signOut: { en: "Sign out", es: "Cerrar sesión" },
  signOutEverywhere: { en: "Sign out everywhere", es: "Cerrar todas las sesiones" },

  first: { en: "Make the first account", es: "Cree la primera cuenta" },
  firstLead: {
    en: "You came in by a link. Make an admin's account; from then on people sign in and links open nothing.",
    es: "Ha entrado con un enlace. Cree la cuenta de un administrador; desde entonces se inicia sesión y los enlaces no abren nada.",
  },
  firstDo: { en: "Make the account and sign in", es: "Crear la cuenta e iniciar sesión" },
  firstBanner: {
    en: "Nobody has an account yet.",
    es: "Todavía nadie tiene cuenta.",
  },

  people: { en: "People", es: "Personas" },
  peopleLead: { en: "Who works here, and what they may do.", es: "Quién trabaja aquí y qué puede hacer." },
  add: { en: "Add somebody", es: "Añadir a alguien" },
  addDo: { en: "Make the account", es: "Crear la cuenta" },
  once: {
    en: "Password of {name}, shown this once. It has to be changed at the first sign-in:",
    es: "Contraseña de {name}, que solo se muestra esta vez. Hay que cambiarla al iniciar sesión por primera vez:",
  },
  close: { en: "Close", es: "Cerrar" },
  edit: { en: "Change", es: "Cambiar" },
  editOf: { en: "Change {name}", es: "Cambiar a {name}" },
  save: { en: "Save", es: "Guardar" },
  cancel: { en: "Cancel", es: "Cancelar" },
  newPassword: { en: "New password", es: "Contraseña nueva" },
  unlock: { en: "Let try again", es: "Dejar probar otra vez" },
  remove: { en: "Remove", es: "Quitar" },
  removeSure: {
    en: "Remove {name}? What they have open is closed, and the name is never given again.",
    es: "¿Quitar a {name}? Se cierra lo que tenga abierto y el nombre no se vuelve a dar.",
  },
  done: { en: "Done.", es: "Hecho." },
  newMark: { en: "password to change", es: "contraseña por cambiar" },

  audit: { en: "Who did what", es: "Quién hizo qué" },
  auditLead: {
    en: "Newest first. Nobody can change or delete these lines.",
    es: "Lo más reciente primero. Nadie puede cambiar ni borrar estas líneas.",
  },
  older: { en: "Older", es: "Anteriores" },
  at: { en: "When", es: "Cuándo" },
  who: { en: "Who", es: "Quién" },
  what: { en: "What", es: "Qué" },
  nobody: { en: "unknown name", es: "nombre desconocido" },
  byWhom: { en: "by {name}", es: "por {name}" },
} satisfies Readonly<Record<string, Said>>;

export const ROLES: Readonly<Record<string, Said>> = {
  agent: { en: "Agent", es: "Agente" },
  supervisor: { en: "Supervisor", es: "Supervisión" },
  qa: { en: "Quality", es: "Calidad" },
  admin: { en: "Admin", es: "Administración" },
};

/** What a role may do, for who gives it. */
export const ROLE_TELLS: Readonly<Record<string, Said>> = {
  agent: { en: "takes calls, chats and e-mails", es: "atiende llamadas, chats y correos" },
  supervisor: { en: "also sees the floor, listens, whispers, joins", es: "además ve la sala, escucha, susurra e interviene" },
  qa: { en: "reads calls and hears recordings", es: "lee llamadas y oye grabaciones" },
  admin: { en: "everything, accounts too", es: "todo, también las cuentas" },
};

export const FACTS: Readonly<Record<string, Said>> = {
  staff_added: { en: "got an account as {role}", es: "recibió una cuenta de {role}" },
  staff_role_set: { en: "role {before} → {role}", es: "función {before} → {role}" },
  staff_changed: { en: "profile changed: {fields}", es: "perfil cambiado: {fields}" },
  staff_password_set: { en: "has another password", es: "tiene otra contraseña" },
  staff_unlocked: { en: "may try again", es: "puede probar otra vez" },
  staff_removed: { en: "was removed", es: "quedó sin cuenta" },
  staff_signed_in: { en: "signed in from {address}", es: "inició sesión desde {address}" },
  staff_sign_in_refused: { en: "was not let in, from {address}", es: "no pudo entrar, desde {address}" },
  staff_signed_out: { en: "sessions closed: {sessions}", es: "sesiones cerradas: {sessions}" },
  staff_looked: { en: "looked at {what} {thing_id}", es: "miró {what} {thing_id}" },
};

export const LOOKED: Readonly<Record<string, Said>> = {
  call: { en: "the call", es: "la llamada" },
  recording: { en: "the recording of", es: "la grabación de" },
  customer: { en: "the customer", es: "el cliente" },
  case: { en: "the case", es: "el asunto" },
  conversation: { en: "the conversation", es: "la conversación" },
  export: { en: "the export of", es: "la exportación de" },
};
