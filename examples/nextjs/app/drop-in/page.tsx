import { LibraryChat } from '../../components/chat/library-chat.tsx'

export default function Page() {
  return <LibraryChat />
}
