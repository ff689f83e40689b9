import { ResearchChat } from '../../components/chat/research-chat.tsx'

export default function Page() {
  return <ResearchChat />
}
