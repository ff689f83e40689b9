/** Names of hidden reasoning in some languages; refused wherever they stand. Written as people write them. */
export const reasoningNames: readonly string[] = [
  // de
  'Gedankengang',
  'Gedankenkette',
  'innerer Monolog',
  'interne Überlegung',
  'innere Überlegung',
  // es, pt
  'cadena de pensamiento',
  'monólogo interior',
  'monólogo interno',
  'razonamiento interno',
  'cadeia de pensamento',
  'raciocínio interno',
  // fr
  'chaîne de pensée',
  'monologue intérieur',
  'raisonnement interne',
  // it
  'catena di pensiero',
  'monologo interiore',
  'ragionamento interno',
  // pl
  'łańcuch myśli',
  'tok myślenia',
  'wewnętrzny monolog',
  // ru
  'цепочка рассуждений',
  'цепочка мыслей',
  'ход мыслей',
  'внутренний монолог',
  // ja
  '思考過程',
  '思考プロセス',
  '思考の連鎖',
  '内心の独白',
  // ko
  '사고 과정',
  '생각의 사슬',
  '내적 독백',
  '내부 독백',
  // zh
  '思考过程',
  '思维过程',
  '思维链',
  '思維鏈',
  '內心獨白',
  '内心独白',
]

/** How a model begins to think aloud; refused at the start. */
export const reasoningOpenings: readonly string[] = [
  // de
  'lass mich nachdenken',
  'lass mich überlegen',
  'der Nutzer möchte',
  'der Nutzer will',
  'der Benutzer möchte',
  'der Benutzer will',
  // es, pt
  'déjame pensar',
  'el usuario quiere',
  'el usuario pide',
  'deixe-me pensar',
  'o usuário quer',
  'o usuário pede',
  // fr
  'laisse-moi réfléchir',
  'laissez-moi réfléchir',
  "l'utilisateur veut",
  "l'utilisateur demande",
  // it
  'fammi pensare',
  'lasciami pensare',
  "l'utente vuole",
  "l'utente chiede",
  // pl
  'niech pomyślę',
  'pozwól mi pomyśleć',
  'użytkownik chce',
  'użytkownik prosi',
  // ru
  'дай подумать',
  'дайте подумать',
  'пользователь хочет',
  'пользователь просит',
  // ja
  '考えてみよう',
  '考えさせて',
  // ko
  '생각해 보자',
  '사용자가 원하는',
  // zh
  '让我想想',
  '让我思考',
  '讓我想想',
  '用户想要',
  '用户要求',
  '用戶想要',
]
