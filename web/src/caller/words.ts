// Every sentence of the caller's page, in plain words.

import type { Said } from "../shared/language";
import type { Trouble } from "./trouble";

export const WORDS = {
  title: { en: "Call {company}", es: "Llamar a {company}" },
  lead: {
    en: "Talk to us from this page. No phone, no app.",
    es: "Hable con nosotros desde esta página. Sin teléfono y sin aplicaciones.",
  },
  call: { en: "Call", es: "Llamar" },
  callAgain: { en: "Call again", es: "Volver a llamar" },
  hangUp: { en: "Hang up", es: "Colgar" },
  mute: { en: "Mute", es: "Silenciar" },
  unmute: { en: "Unmute", es: "Activar micrófono" },
  keypad: { en: "Keypad", es: "Teclado" },
  closeKeypad: { en: "Close keypad", es: "Cerrar teclado" },
  pressed: { en: "Pressed: {digits}", es: "Pulsado: {digits}" },
  keysLost: { en: "The key did not get through; press it again.", es: "La tecla no ha llegado; púlsela otra vez." },
  star: { en: "star", es: "asterisco" },
  hash: { en: "hash", es: "almohadilla" },
  before: { en: "Before you call", es: "Antes de llamar" },
  noteBot: {
    en: "An automatic assistant answers. You can ask for a person at any time.",
    es: "Contesta un asistente automático. Puede pedir hablar con una persona en cualquier momento.",
  },
  noteRecorded: { en: "The call is recorded. Say so if you do not want that.", es: "La llamada se graba. Si no lo desea, dígalo." },
  noteRecordingAsked: {
    en: "You will be asked whether the call may be recorded.",
    es: "Se le preguntará si la llamada se puede grabar.",
  },
  noteNotRecorded: { en: "The call is not recorded.", es: "La llamada no se graba." },
  noteEmotion: {
    en: "The sound of your voice is used to estimate whether you are upset. It is an estimate, and you can refuse.",
    es: "A partir de su voz se estima si está molesto. Es solo una estimación y puede negarse.",
  },
  noteEmotionAsked: {
    en: "You will be asked whether the sound of your voice may be used to estimate if you are upset.",
    es: "Se le preguntará si se puede estimar a partir de su voz si está molesto.",
  },
  noteMicrophone: {
    en: "Your browser will ask for the microphone. It is only used during the call.",
    es: "El navegador le pedirá permiso para usar el micrófono. Solo se usa durante la llamada.",
  },
  asking: { en: "Allow the microphone to call", es: "Permita el micrófono para llamar" },
  askingHint: {
    en: "Your browser is asking: choose “Allow”.",
    es: "El navegador lo está preguntando: elija «Permitir».",
  },
  ringing: { en: "Calling …", es: "Llamando …" },
  ringingHint: { en: "It usually takes a moment.", es: "Suele tardar un momento." },
  connected: { en: "Connected", es: "En llamada" },
  ended: { en: "The call has ended", es: "La llamada ha terminado" },
  lasted: { en: "It lasted {time}.", es: "Ha durado {time}." },
  mutedNow: { en: "You are muted: nobody hears you.", es: "Está en silencio: nadie le oye." },
  captions: { en: "What is being said", es: "Lo que se dice" },
  captionsHint: { en: "Captions appear here while you talk.", es: "Aquí aparecen los subtítulos mientras habla." },
  captionsLost: {
    en: "The captions stopped for a moment; the call goes on.",
    es: "Los subtítulos se han parado un momento; la llamada sigue.",
  },
  you: { en: "You", es: "Usted" },
  assistant: { en: "Assistant", es: "Asistente" },
  agent: { en: "Colleague", es: "Agente" },
  tentative: { en: "not sure yet", es: "aún no es seguro" },
  cutShort: { en: "cut short", es: "interrumpido" },
  micLevel: { en: "Microphone level", es: "Nivel del micrófono" },
  whatToDo: { en: "What you can do", es: "Qué puede hacer" },
  soundBlocked: { en: "Turn on the sound", es: "Activar el sonido" },
} as const satisfies Record<string, Said>;

/** What went wrong, and what to do about it. */
export const TROUBLES: Record<Trouble, { what: Said; todo: Said }> = {
  microphone_denied: {
    what: { en: "The browser does not let this page use the microphone.", es: "El navegador no permite usar el micrófono en esta página." },
    todo: {
      en: "Click the lock or the settings sign beside the address, set the microphone to “Allow”, and call again.",
      es: "Pulse el candado o el icono de ajustes junto a la dirección, ponga el micrófono en «Permitir» y vuelva a llamar.",
    },
  },
  microphone_unanswered: {
    what: { en: "The browser's question about the microphone was closed.", es: "Se cerró la pregunta del navegador sobre el micrófono." },
    todo: { en: "Call again and choose “Allow” when the browser asks.", es: "Vuelva a llamar y elija «Permitir» cuando el navegador lo pregunte." },
  },
  microphone_blocked: {
    what: { en: "Your device does not let the browser use the microphone.", es: "Su dispositivo no deja que el navegador use el micrófono." },
    todo: {
      en: "Open the privacy settings of your computer or phone, allow the browser to use the microphone, and call again.",
      es: "Abra los ajustes de privacidad de su ordenador o móvil, permita que el navegador use el micrófono y vuelva a llamar.",
    },
  },
  microphone_missing: {
    what: { en: "There is no microphone.", es: "No se encuentra ningún micrófono." },
    todo: {
      en: "Plug in a headset or switch on the microphone, and call again.",
      es: "Conecte unos auriculares o encienda el micrófono y vuelva a llamar.",
    },
  },
  microphone_busy: {
    what: { en: "The microphone cannot be opened.", es: "No se puede abrir el micrófono." },
    todo: {
      en: "Close other programs that may be using it, such as a video meeting, and call again.",
      es: "Cierre otros programas que puedan estar usándolo, como una videollamada, y vuelva a llamar.",
    },
  },
  microphone_lost: {
    what: { en: "The microphone was disconnected.", es: "Se ha desconectado el micrófono." },
    todo: {
      en: "You can still listen. Plug it in again, or another one, and go on speaking.",
      es: "Todavía puede escuchar. Conéctelo otra vez, o conecte otro, y siga hablando.",
    },
  },
  microphone_silent: {
    what: { en: "Your device has switched the microphone off.", es: "Su dispositivo ha desactivado el micrófono." },
    todo: {
      en: "Press the microphone key of your keyboard or headset, or end the other call that uses it.",
      es: "Pulse la tecla de micrófono del teclado o de los auriculares, o termine la otra llamada que lo usa.",
    },
  },
  not_secure: {
    what: { en: "Browsers give no microphone to a page without a secure address.", es: "Los navegadores no dan micrófono a una página sin dirección segura." },
    todo: { en: "Open this page with https:// in its address.", es: "Abra esta página con https:// en la dirección." },
  },
  no_webrtc: {
    what: { en: "This browser cannot make calls.", es: "Este navegador no puede hacer llamadas." },
    todo: {
      en: "Use a current version of Firefox, Chrome, Edge or Safari.",
      es: "Use una versión actual de Firefox, Chrome, Edge o Safari.",
    },
  },
  offline: {
    what: { en: "We cannot be reached.", es: "No es posible conectar con nosotros." },
    todo: { en: "Check your internet connection and call again.", es: "Compruebe su conexión a internet y vuelva a llamar." },
  },
  busy: {
    what: { en: "All lines are busy.", es: "Todas las líneas están ocupadas." },
    todo: { en: "Call again in a minute.", es: "Vuelva a llamar dentro de un minuto." },
  },
  too_many: {
    what: { en: "There are several calls from your connection already.", es: "Ya hay varias llamadas desde su conexión." },
    todo: { en: "End one of them and call again.", es: "Termine una de ellas y vuelva a llamar." },
  },
  too_often: {
    what: { en: "There were many calls from your connection just now.", es: "Ha habido muchas llamadas desde su conexión hace un momento." },
    todo: { en: "Wait a minute and call again.", es: "Espere un minuto y vuelva a llamar." },
  },
  refused: {
    what: { en: "The call could not be started.", es: "No se ha podido iniciar la llamada." },
    todo: { en: "Load this page again. If it goes on, call us by phone.", es: "Vuelva a cargar esta página. Si sigue igual, llámenos por teléfono." },
  },
  no_media: {
    what: { en: "Your network does not let the sound through.", es: "Su red no deja pasar el sonido." },
    todo: {
      en: "Try another network, for example your mobile's, or switch off a VPN, and call again.",
      es: "Pruebe con otra red, por ejemplo la del móvil, o desactive la VPN, y vuelva a llamar.",
    },
  },
  cut_off: {
    what: { en: "The connection was lost.", es: "Se ha perdido la conexión." },
    todo: { en: "Check your internet connection and call again.", es: "Compruebe su conexión a internet y vuelva a llamar." },
  },
};
